using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>Work for the writer: done inside a transaction together with whatever else waits.</summary>
/// <param name="Run">Changes or reads the file; answers what to do once that is durable.</param>
/// <param name="Fail">Told instead when it did not become durable.</param>
/// <param name="Bytes">Roughly what it writes.</param>
internal sealed record Work(Func<Database, Action> Run, Action<Exception> Fail, long Bytes);

/// <summary>One thread that makes all that waits durable in one transaction (group commit across replicas).</summary>
/// <remarks>
/// A disk that failed once is not believed again: after a failed fsync a second one may report success without having written anything, so the loop
/// refuses everything from then on.
/// </remarks>
internal sealed class CommitLoop : IDisposable
{
    private const int BatchCountMax = 4_096;
    private const long BatchBytesMax = 16 * 1024 * 1024;

    private readonly Database database;
    private readonly BlockingCollection<Work> waiting = [];
    private readonly Thread thread;
    private readonly List<Work> batch = [];
    private readonly List<Action> afterwards = [];
    private Exception? failure;
    private bool isDisposed;

    public CommitLoop(Database database)
    {
        this.database = database;
        thread = new Thread(Run) { Name = "OrleansRaft SQLite writer", IsBackground = true };
        thread.Start();
    }

    public void Submit(Work work)
    {
        try
        {
            waiting.Add(work);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ObjectDisposedException)
        {
            work.Fail(new ObjectDisposedException("the SQLite log store is closed"));
        }
    }

    /// <summary>Runs work and hands its result back once it is durable.</summary>
    public Task<T> SubmitAsync<T>(Func<Database, T> run)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Submit(new Work(
            database =>
            {
                var value = run(database);
                return () => result.SetResult(value);
            },
            exception => result.TrySetException(exception),
            0));
        return result.Task;
    }

    /// <summary>Finishes what waits, and ends.</summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref isDisposed, true))
        {
            waiting.CompleteAdding();
            thread.Join();
            waiting.Dispose();
            database.Dispose();
        }
    }

    private void Run()
    {
        foreach (var first in waiting.GetConsumingEnumerable())
        {
            Gather(first);
            if (!TryCommit(batch, out var exception))
            {
                Separate(exception);
            }

            batch.Clear();
        }
    }

    private void Gather(Work first)
    {
        batch.Add(first);
        var bytes = first.Bytes;
        while (batch.Count < BatchCountMax && bytes < BatchBytesMax && waiting.TryTake(out var next))
        {
            batch.Add(next);
            bytes += next.Bytes;
        }
    }

    private bool TryCommit(List<Work> works, out Exception exception)
    {
        afterwards.Clear();
        try
        {
            if (failure is not null)
            {
                throw failure;
            }

            database.Begin();
            foreach (var work in works)
            {
                afterwards.Add(work.Run(database));
            }

            database.Commit();
        }
        catch (Exception caught)
        {
            exception = caught;
            RollBack(caught);
            return false;
        }

        exception = null!;
        afterwards.ForEach(static after => after());
        return true;
    }

    private void RollBack(Exception cause)
    {
        if (cause is SqliteException { SqliteErrorCode: var code } && IsOfTheDisk(code))
        {
            failure ??= cause;
            return;
        }

        if (failure is null)
        {
            database.Rollback();
        }
    }

    /// <summary>One of the batch is at fault: it alone is to suffer.</summary>
    private void Separate(Exception exception)
    {
        if (batch.Count == 1)
        {
            batch[0].Fail(exception);
            return;
        }

        foreach (var work in batch)
        {
            if (!TryCommit([work], out var own))
            {
                work.Fail(own);
            }
        }
    }

    private static bool IsOfTheDisk(int code) =>
        code is SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_FULL or SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB
            or SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN;
}
