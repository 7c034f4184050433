using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Transport;

/// <summary>A request to a replica, here or behind a lane, whose replies have not come yet. Any thread; the first end counts.</summary>
/// <param name="number">By which the replies name it on a lane; unique in this process.</param>
/// <param name="onReplied">
/// Takes the replies at once, on the turn on which they come, so that callers have their answers one change of threads earlier. It must not block. It
/// never runs after <see cref="Abandon"/>.
/// </param>
internal sealed class LaneCall(long number, Action<ReplyBatch>? onReplied = null) : IReplySink
{
    // What is done after that, such as sending the next batch, must not hold up the turn on which the replies come.
    private readonly TaskCompletionSource<bool> source = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int isOver;

    /// <summary>By which the replies name it.</summary>
    public long Number { get; } = number;

    /// <summary>Whether the replica was there; ends when its replies have been taken.</summary>
    public Task<bool> Replies => source.Task;

    /// <inheritdoc/>
    public void OnReplied(ReplyBatch batch)
    {
        if (!Ends())
        {
            return;
        }

        try
        {
            onReplied?.Invoke(batch);
            source.SetResult(true);
        }
        catch (Exception exception)
        {
            // The awaiting code's own, and not the replica's whose turn this may be.
            source.SetException(exception);
        }
    }

    /// <summary>The replica is not there: certainly nothing happened.</summary>
    public void NotHere()
    {
        if (Ends())
        {
            source.SetResult(false);
        }
    }

    /// <summary>The request was lost, or may be.</summary>
    public void Fail() => Fail("The request was not delivered, or its delivery was not acknowledged; it may have arrived.");

    /// <summary>The replies were lost, or cannot be read.</summary>
    public void FailReplies() => Fail("The request was answered, but its replies could not be delivered.");

    /// <summary>Nobody waits any more: replies that come now are not taken.</summary>
    /// <returns>Whether it had not ended before.</returns>
    public bool Abandon() => Ends();

    private void Fail(string problem)
    {
        if (Ends())
        {
            source.SetException(new TimeoutException(problem));
        }
    }

    private bool Ends() => Interlocked.Exchange(ref isOver, 1) == 0;
}
