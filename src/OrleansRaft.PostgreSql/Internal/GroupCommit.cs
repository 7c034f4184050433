using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.Runtime.Pulses;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// Group commit across replicas: one statement is under way, whatever is handed over meanwhile gathers and becomes the next. A write stays pending
/// until its outcome is known: while the server is away its replica sees a slow write, never a false answer.
/// </summary>
/// <remarks>
/// Statements are made on a thread of their own, which waits for the server: a lone write then needs no thread but this one, which also gives the
/// replica the turn in which it hears that it has landed.
/// </remarks>
internal sealed class GroupCommit : IAsyncDisposable
{
    private const int AttemptsMax = 10;

    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(1);

    private readonly ServerConnection server;
    private readonly PostgreSqlStoreOptions options;
    private readonly ILogger logger;
    private readonly Lock gate = new();

    // Set when the gate is open again: whoever is woken under it would only wait for it.
    private readonly WakeSignal wake = new();
    private readonly Queue<HeldReplica> ready = new();
    private readonly WriteGathering gathering = new(TimeProvider.System);
    private readonly CancellationTokenSource stopping = new();
    private readonly AppendStatement append = new();
    private readonly WholeWriteStatement whole = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NpgsqlConnection? connection;
    private bool isIdle;
    private bool isGathering;
    private bool isWoken;
    private bool isStopped;

    public GroupCommit(ServerConnection server, PostgreSqlStoreOptions options, ILogger logger)
    {
        this.server = server;
        this.options = options;
        this.logger = logger;
        new Thread(Run) { Name = "OrleansRaft PostgreSQL writer", IsBackground = true }.UnsafeStart();
    }

    /// <summary>Hands work over. Returns at once.</summary>
    public void Enqueue(HeldReplica replica, PendingWrite write)
    {
        bool wakes;
        lock (gate)
        {
            if (isStopped)
            {
                return;
            }

            replica.Waiting.Enqueue(write);
            if (replica.IsReady)
            {
                return;
            }

            replica.IsReady = true;
            ready.Enqueue(replica);

            // A statement can be made, or a wait begins. Within a pulse, its end tells.
            wakes = isIdle && (!gathering.MustWait(ready.Count) || !(isGathering || gathering.IsInPulse)) && NotesWake();
        }

        if (wakes)
        {
            wake.Set();
        }
    }

    /// <summary>Work of several replicas follows, which belongs into one statement.</summary>
    public void BeginPulse()
    {
        lock (gate)
        {
            gathering.BeginPulse();
        }
    }

    /// <summary>All of it has been handed over.</summary>
    public void EndPulse()
    {
        bool wakes;
        lock (gate)
        {
            gathering.EndPulse();

            // At the latest now the wait for others begins, which has an end.
            wakes = ready.Count > 0 && isIdle && !(isGathering && gathering.MustWait(ready.Count)) && NotesWake();
        }

        if (wakes)
        {
            wake.Set();
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            isStopped = true;
        }

        wake.Set();
        await stopping.CancelAsync();
        try
        {
            await ended.Task.WaitAsync(EndPatience, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            // The server does not answer. The thread waits for as long as a statement may take, tells nobody of it, and ends.
            return;
        }

        stopping.Dispose();
        wake.Dispose();
    }

    private void Run()
    {
        try
        {
            while (Take())
            {
                CommitAll(Gather());
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            // The store is closed; what waits is told nothing. A statement that was under way may end with any failure.
        }

        connection?.Dispose();
        ended.TrySetResult();
    }

    /// <summary>Commits a batch, again as often as it takes. A fault of the writer itself stops the replicas of the batch, and no other.</summary>
    private void CommitAll(List<ReplicaWrite> batch)
    {
        try
        {
            for (var left = batch; left.Count > 0;)
            {
                left = Commit(left, stopping.Token);
            }
        }
        catch (Exception unexpected) when (!stopping.IsCancellationRequested)
        {
            foreach (var write in batch)
            {
                StopFailed(write.Replica, unexpected);
            }
        }
    }

    private void StopFailed(HeldReplica replica, Exception cause)
    {
        Log.WriteFailed(logger, cause, replica.Key, server.Name);
        replica.StopLater(LogStopReason.Failed, cause);
    }

    /// <summary>Waits for work, and for more of it where that is expected.</summary>
    /// <returns>False when the store is closed.</returns>
    private bool Take()
    {
        for (var isPatienceOver = false; ; isPatienceOver = !wake.Wait(isGathering ? WriteGathering.PatienceMax : Timeout.InfiniteTimeSpan))
        {
            lock (gate)
            {
                isWoken = false;
                isGathering = ready.Count > 0 && gathering.MustWait(ready.Count) && !isPatienceOver;
                isIdle = !isStopped && (isGathering || ready.Count == 0);
                if (isStopped)
                {
                    return false;
                }

                if (!isIdle)
                {
                    gathering.Begin(ready.Count);
                    return true;
                }
            }
        }
    }

    /// <returns>Whether nobody has woken the thread since it last looked. Under the gate.</returns>
    private bool NotesWake() => !isWoken && (isWoken = true);

    /// <summary>
    /// Tells whose writes have landed. One that was alone has its turn on this thread before the next statement, which takes what it writes; no other
    /// thread has to be woken. Turns of many run beside the next statement.
    /// </summary>
    private void Tell(List<ReplicaWrite> batch, HashSet<long> landed)
    {
        bool isAlone;
        lock (gate)
        {
            gathering.End(ready.Count);
            isAlone = batch.Count == 1 && ready.Count == 0;
        }

        PulseCarrier.Begin();
        try
        {
            foreach (var write in batch)
            {
                if (landed.Contains(write.Replica.Nonce))
                {
                    write.OnLanded();
                }
            }
        }
        finally
        {
            PulseCarrier.End(isAlone);
        }
    }

    private List<ReplicaWrite> Gather()
    {
        var batch = new List<ReplicaWrite>();
        long bytes = 0;
        lock (gate)
        {
            // Each replica once: what is left of one goes to the end of the queue.
            for (var left = ready.Count; left > 0 && batch.Count < options.BatchReplicasMax && bytes < options.BatchBytesMax; left--)
            {
                var replica = ready.Dequeue();
                if (TryMerge(replica, ref bytes) is { } write)
                {
                    batch.Add(write);
                }

                replica.IsReady = replica.Waiting.Count > 0;
                if (replica.IsReady)
                {
                    ready.Enqueue(replica);
                }
            }
        }

        foreach (var write in batch)
        {
            write.Coalesce();
        }

        return batch;
    }

    /// <summary>What a replica hands over may contradict itself: it alone is to suffer.</summary>
    private ReplicaWrite? TryMerge(HeldReplica replica, ref long bytes)
    {
        try
        {
            return Merge(replica, ref bytes);
        }
        catch (Exception unexpected)
        {
            StopFailed(replica, unexpected);
            return null;
        }
    }

    /// <summary>Takes what a replica has waiting, within the limits; null when there is nothing to send.</summary>
    private ReplicaWrite? Merge(HeldReplica replica, ref long bytes)
    {
        var merged = new ReplicaWrite(replica);
        while (replica.Waiting.TryPeek(out var next) && (bytes == 0 || bytes + next.SizeBytes <= options.BatchBytesMax))
        {
            replica.Waiting.Dequeue();
            if (replica.IsClosed)
            {
                continue;
            }

            if (next.Write is { } write && write.StoredLast != merged.Last)
            {
                replica.StopLater(
                    LogStopReason.Corrupt,
                    StoredLog.Damaged(
                        replica.Key,
                        write.StoredLast.Index,
                        $"the store ends with {merged.Last}, its writer takes it to end with {write.StoredLast}"));
                continue;
            }

            bytes += next.SizeBytes;
            merged.Add(next);
        }

        return merged.Parts.Count > 0 ? merged : null;
    }

    /// <summary>Sends a batch; answers what has to be sent again, when nothing else of these replicas may overtake it.</summary>
    private List<ReplicaWrite> Commit(List<ReplicaWrite> batch, CancellationToken cancellation)
    {
        Exception? failure = null;
        HashSet<long> landed = [];
        try
        {
            batch.ForEach(static write => write.Attempts++);
            var open = Connect(cancellation);
            WriteStatement statement = AppendStatement.Suffices(batch) ? append : whole;
            landed = statement.Execute(open, server.MayPrepare, batch);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            failure = exception;
            Log.OutcomeUnknown(logger, batch.Count, server.Name, exception.Message);
            server.ForgetAfter(exception);
            ForgetConnectionAsync().GetAwaiter().GetResult();
        }

        if (cancellation.IsCancellationRequested)
        {
            return [];
        }

        Tell(batch, landed);
        if (landed.Count == batch.Count)
        {
            return [];
        }

        // Seldom, and slow in any case: the thread waits for it.
        var unanswered = batch.FindAll(write => !landed.Contains(write.Replica.Nonce));
        var again = FindOutAsync(unanswered, failure, cancellation).GetAwaiter().GetResult();
        return failure is null ? again : Separate(again, failure, cancellation);
    }

    private async Task<List<ReplicaWrite>> FindOutAsync(List<ReplicaWrite> batch, Exception? failure, CancellationToken cancellation)
    {
        var backOff = default(BackOff);
        while (true)
        {
            try
            {
                connection ??= await server.OpenAsync(cancellation);
                batch.ForEach(static write => write.Replica.EpochTried++);
                var raised = await OutcomeStatements.RaiseAsync(
                    connection, batch.ConvertAll(static write => (write.Replica.Id, write.Replica.Nonce, write.Replica.EpochTried)), cancellation);
                var rows = await OutcomeStatements.ReadAsync(connection, batch.Select(static write => write.Replica.Id), cancellation);
                var again = batch.Where(write => Decide(write, raised, rows, failure, isAlone: batch.Count == 1)).ToList();
                Log.OutcomeFound(logger, batch.Count, server.Name, backOff.Count + 1, batch.Count - again.Count, again.Count);
                return again;
            }
            catch (Exception exception) when (!cancellation.IsCancellationRequested)
            {
                server.ForgetAfter(exception);
                await ForgetConnectionAsync();
                await backOff.WaitAsync(cancellation);
                if (backOff.Count % 20 == 1)
                {
                    Log.OutcomeUnknown(logger, batch.Count, server.Name, exception.Message);
                }
            }
        }
    }

    /// <summary>Tells one replica what became of its write; true when it has to be sent again.</summary>
    private bool Decide(ReplicaWrite write, HashSet<long> raised, Dictionary<long, RowState> rows, Exception? failure, bool isAlone)
    {
        var replica = write.Replica;
        if (!raised.Contains(replica.Nonce))
        {
            replica.StopFenced();
            return false;
        }

        replica.Epoch = replica.EpochTried;
        var row = rows[replica.Id];
        if (row.Writes == replica.Writes + 1 && row.Last == write.Last)
        {
            write.OnLanded();
            return false;
        }

        if (row.Writes != replica.Writes || row.Last != write.StoredLast)
        {
            replica.Stop(LogStopReason.Corrupt, StoredLog.Damaged(
                replica.Key, write.StoredLast.Index, $"the store ends with {row.Last}, its only writer left it with {write.StoredLast}"));
            return false;
        }

        if ((isAlone && failure is not null && Failures.IsOfTheStatement(failure)) || (failure is null && write.Attempts > AttemptsMax))
        {
            var cause = failure
                ?? new StoreRefusedException(
                    $"a write of {replica.Key} is not accepted by PostgreSQL at {server.Name} although no other activation holds the replica");
            Log.WriteRefused(logger, cause, replica.Key, server.Name);
            replica.Stop(LogStopReason.Failed, cause);
            return false;
        }

        return true;
    }

    /// <summary>One of the batch is at fault: it alone is to suffer.</summary>
    private List<ReplicaWrite> Separate(List<ReplicaWrite> again, Exception failure, CancellationToken cancellation)
    {
        if (again.Count < 2 || !Failures.IsOfTheStatement(failure))
        {
            return again;
        }

        foreach (var write in again)
        {
            List<ReplicaWrite> alone = [write];
            while (alone.Count > 0)
            {
                alone = Commit(alone, cancellation);
            }
        }

        return [];
    }

    /// <summary>
    /// The connection of the last statement if it still works, or another: nothing has been sent yet, so that this is the time to find out.
    /// </summary>
    private NpgsqlConnection Connect(CancellationToken cancellation)
    {
        if (connection is not null && !server.IsAliveAsync(connection, cancellation).GetAwaiter().GetResult())
        {
            server.ForgetIdle();
            ForgetConnectionAsync().GetAwaiter().GetResult();
        }

        return connection ??= server.OpenAsync(cancellation).AsTask().GetAwaiter().GetResult();
    }

    private async Task ForgetConnectionAsync()
    {
        if (connection is { } broken)
        {
            connection = null;
            await broken.CloseAsync();
            await broken.DisposeAsync();
        }
    }
}
