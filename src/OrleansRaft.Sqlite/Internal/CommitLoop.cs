using OrleansRaft.Runtime.Pulses;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>One thread that makes all that waits durable in one transaction (group commit across replicas).</summary>
/// <remarks>
/// A disk that failed is not believed again: after a failed fsync a second one may report success without having written anything. So everything is
/// refused from then on, until the store has been closed, cut back to what had been acknowledged, and opened anew.
/// </remarks>
internal sealed class CommitLoop : IDisposable
{
    private static readonly TimeSpan RecoveryPause = TimeSpan.FromSeconds(1);

    private readonly Func<StoreMark, StoreFile> reopen;
    private readonly Func<Exception, StoreTroubleException> describe;
    private readonly Action<StoreTroubleException> failed;
    private readonly Action recovered;
    private readonly WorkQueue queue = new();
    private readonly Thread thread;
    private readonly List<Work> batch = [];
    private readonly List<Action> afterwards = [];
    private readonly Lock gate = new();
    private StoreFile? file;
    private StoreMark mark;
    private volatile StoreTroubleException? trouble;
    private long nextRecovery;
    private bool isDisposed;

    /// <summary>Begins.</summary>
    /// <param name="file">The open store; closed with the loop.</param>
    /// <param name="reopen">Opens it anew after it failed; throws while that is impossible.</param>
    /// <param name="describe">Says in words what is wrong.</param>
    /// <param name="failed">Told when the store serves no more.</param>
    /// <param name="recovered">Told when it serves again.</param>
    public CommitLoop(
        StoreFile file,
        Func<StoreMark, StoreFile> reopen,
        Func<Exception, StoreTroubleException> describe,
        Action<StoreTroubleException> failed,
        Action recovered)
    {
        this.file = file;
        mark = file.Mark;
        this.reopen = reopen;
        this.describe = describe;
        this.failed = failed;
        this.recovered = recovered;
        thread = new Thread(Run) { Name = "OrleansRaft SQLite writer", IsBackground = true };
        thread.UnsafeStart();
    }

    /// <summary>What keeps the store from serving; null while it does.</summary>
    public StoreTroubleException? Trouble => trouble;

    /// <summary>Hands work over; it is told elsewhere what becomes of it.</summary>
    public void Submit(Work work)
    {
        if (!queue.TryAdd(work))
        {
            work.Fail(new ObjectDisposedException("the SQLite log store is closed"));
        }
    }

    /// <summary>Work of several replicas follows, which belongs into one transaction.</summary>
    public void BeginPulse() => queue.BeginPulse();

    /// <summary>All of it has been handed over.</summary>
    public void EndPulse() => queue.EndPulse();

    /// <summary>Runs work and hands its result back once it is durable.</summary>
    /// <param name="run">The work.</param>
    /// <param name="bulkBytes">Roughly what it reads or writes, when it is a piece of something big.</param>
    public Task<T> SubmitAsync<T>(Func<Database, T> run, long? bulkBytes = null)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Submit(new Work(
            database =>
            {
                var value = run(database);
                return () => result.TrySetResult(value);
            },
            exception => result.TrySetException(exception),
            bulkBytes ?? 0,
            bulkBytes is not null));
        return result.Task;
    }

    /// <summary>Serves no more, whatever the thread does at the moment. Any thread.</summary>
    public void Fail(Exception cause)
    {
        var described = describe(cause);
        lock (gate)
        {
            if (trouble is not null || queue.IsClosed)
            {
                return;
            }

            trouble = described;
        }

        failed(described);
        queue.Wake();
    }

    /// <summary>Makes durable how far the store has acknowledged; for a timer.</summary>
    public void Flush()
    {
        try
        {
            Volatile.Read(ref file)?.Flush();
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by its own thread.
        }
        catch (IOException exception)
        {
            Fail(exception);
        }
    }

    /// <summary>Finishes what waits, moves everything into the database, and ends.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref isDisposed, true))
        {
            queue.Close();
            thread.Join();
            queue.Dispose();
        }
    }

    private void Run()
    {
        while (queue.Take(batch, trouble is null ? Timeout.InfiniteTimeSpan : RecoveryPause))
        {
            if (trouble is { } known)
            {
                Close();
                batch.ForEach(work => work.Fail(known));
                Recover(known);
            }
            else if (batch.Count > 0)
            {
                Work();
            }

            batch.Clear();
        }

        End();
    }

    private void Work()
    {
        if (!TryCommit(batch, out var exception))
        {
            Separate(exception);
        }

        if (trouble is null && file!.IsCheckpointDue)
        {
            Guard(file.Checkpoint);
        }
    }

    private bool TryCommit(List<Work> works, out Exception exception)
    {
        afterwards.Clear();
        try
        {
            if (trouble is not null)
            {
                throw trouble;
            }

            file!.Database.Begin();
            foreach (var work in works)
            {
                afterwards.Add(work.Run(file.Database));
            }

            file.Commit();
            mark = file.Mark;
            if (trouble is not null)
            {
                throw trouble;
            }
        }
        catch (Exception caught)
        {
            exception = caught;
            RollBack(caught);
            return false;
        }

        exception = null!;
        Tell();
        return true;
    }

    /// <summary>
    /// Tells whose work is durable. The replicas have their turns on this thread before the next transaction, which takes what they write.
    /// </summary>
    private void Tell()
    {
        queue.EndTransaction();
        PulseCarrier.Begin();
        try
        {
            afterwards.ForEach(static after => after());
        }
        finally
        {
            PulseCarrier.End(isFree: true);
        }
    }

    private void RollBack(Exception cause)
    {
        if (StoreTroubles.IsOfTheStore(cause))
        {
            Fail(cause);
        }
        else if (trouble is null)
        {
            Guard(file!.Database.Rollback);
        }
    }

    /// <summary>One of the batch is at fault: it alone is to suffer.</summary>
    private void Separate(Exception exception)
    {
        if (batch.Count == 1 || trouble is not null)
        {
            var cause = (Exception?)trouble ?? exception;
            batch.ForEach(work => work.Fail(cause));
            return;
        }

        foreach (var work in batch)
        {
            if (!TryCommit([work], out var own))
            {
                work.Fail(trouble ?? own);
            }
        }
    }

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>Opens the store anew, when what was wrong may have passed.</summary>
    private void Recover(StoreTroubleException known)
    {
        if (!known.MayPass || queue.IsClosed || Environment.TickCount64 < nextRecovery)
        {
            return;
        }

        nextRecovery = Environment.TickCount64 + (long)RecoveryPause.TotalMilliseconds;
        try
        {
            file = reopen(mark);
        }
        catch (Exception exception)
        {
            var now = describe(exception);
            if (now.Kind != known.Kind)
            {
                trouble = now;
                failed(now);
            }

            return;
        }

        mark = file.Mark;
        trouble = null;
        recovered();
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref file, null) is { } open)
        {
            try
            {
                open.Dispose();
            }
            catch (Exception)
            {
                // What could not be written is known already, and what was acknowledged is in the file.
            }
        }
    }

    private void End()
    {
        if (trouble is null)
        {
            Guard(file!.Checkpoint);
        }

        Close();
    }
}
