namespace OrleansRaft.Runtime.Storage;

/// <summary>Runs what is enqueued one after the other, on the thread pool, never inside <see cref="Enqueue"/>.</summary>
/// <remarks>Costs nothing while empty: no thread, no task.</remarks>
internal sealed class SerialQueue
{
    private readonly Lock gate = new();
    private readonly Queue<Func<Task>> waiting = new();
    private Task running = Task.CompletedTask;
    private bool isRunning;

    /// <summary>Adds work. It handles its own failures: an exception that escapes it is lost.</summary>
    public void Enqueue(Func<Task> work)
    {
        lock (gate)
        {
            waiting.Enqueue(work);
            if (!isRunning)
            {
                isRunning = true;
                running = Task.Run(RunAsync);
            }
        }
    }

    /// <summary>Completes when what has been enqueued so far has run.</summary>
    public Task WhenIdleAsync()
    {
        lock (gate)
        {
            return running;
        }
    }

    private async Task RunAsync()
    {
        while (TryTake(out var work))
        {
            try
            {
                await work();
            }
            catch (Exception)
            {
                // The work's own contract: what follows it in the queue must not suffer.
            }
        }
    }

    private bool TryTake(out Func<Task> work)
    {
        lock (gate)
        {
            isRunning = waiting.TryDequeue(out work!);
            return isRunning;
        }
    }
}
