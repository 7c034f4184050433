using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// Group commit across replicas: one statement is under way, whatever is handed over meanwhile gathers and becomes the next. A write stays pending
/// until its outcome is known: while the server is away its replica sees a slow write, never a false answer.
/// </summary>
internal sealed class GroupCommit : IAsyncDisposable
{
    private const int AttemptsMax = 10;

    private readonly ServerConnection server;
    private readonly PostgreSqlStoreOptions options;
    private readonly ILogger logger;
    private readonly Lock gate = new();
    private readonly Queue<HeldReplica> ready = new();
    private readonly SemaphoreSlim signal = new(0);
    private readonly CancellationTokenSource stopping = new();
    private readonly AppendStatement append = new();
    private readonly WholeWriteStatement whole = new();
    private readonly Task running;
    private NpgsqlConnection? connection;
    private bool isStopped;

    public GroupCommit(ServerConnection server, PostgreSqlStoreOptions options, ILogger logger)
    {
        this.server = server;
        this.options = options;
        this.logger = logger;
        running = Task.Run(() => RunAsync(stopping.Token));
    }

    /// <summary>Hands work over. Returns at once.</summary>
    public void Enqueue(HeldReplica replica, PendingWrite write)
    {
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
            Wake();
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            isStopped = true;
        }

        await stopping.CancelAsync();
        await running;
        if (connection is not null)
        {
            await connection.DisposeAsync();
        }

        signal.Dispose();
        stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                await signal.WaitAsync(cancellation);
                var batch = Gather();
                while (batch.Count > 0)
                {
                    batch = await CommitAsync(batch, cancellation);
                }
            }
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // The store is closed; what waits is told nothing. A statement that was under way may end with any failure.
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
                if (Merge(replica, ref bytes) is { } write)
                {
                    batch.Add(write);
                }

                replica.IsReady = replica.Waiting.Count > 0;
                if (replica.IsReady)
                {
                    ready.Enqueue(replica);
                }
            }

            if (ready.Count > 0)
            {
                Wake();
            }
        }

        foreach (var write in batch)
        {
            write.Coalesce();
        }

        return batch;
    }

    private void Wake()
    {
        if (signal.CurrentCount == 0)
        {
            signal.Release();
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
    private async Task<List<ReplicaWrite>> CommitAsync(List<ReplicaWrite> batch, CancellationToken cancellation)
    {
        Exception? failure = null;
        var unanswered = batch;
        try
        {
            batch.ForEach(static write => write.Attempts++);
            var open = await ConnectAsync(cancellation);
            WriteStatement statement = AppendStatement.Suffices(batch) ? append : whole;
            var landed = await statement.ExecuteAsync(open, server.MayPrepare, batch, cancellation);
            foreach (var write in batch.Where(write => landed.Contains(write.Replica.Nonce)))
            {
                write.OnLanded();
            }

            if (landed.Count == batch.Count)
            {
                return [];
            }

            unanswered = [.. batch.Where(write => !landed.Contains(write.Replica.Nonce))];
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            failure = exception;
            Log.OutcomeUnknown(logger, batch.Count, server.Name, exception.Message);
            server.ForgetAfter(exception);
            await ForgetConnectionAsync();
        }

        return await FindOutAsync(unanswered, failure, cancellation);
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
                return failure is null ? again : await SeparateAsync(again, failure, cancellation);
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
                    $"a write of {replica.Key} is not accepted by PostgreSQL at {server.Name} although nobody else holds the replica");
            Log.WriteRefused(logger, cause, replica.Key, server.Name);
            replica.Stop(LogStopReason.Failed, cause);
            return false;
        }

        return true;
    }

    /// <summary>One of the batch is at fault: it alone is to suffer.</summary>
    private async Task<List<ReplicaWrite>> SeparateAsync(List<ReplicaWrite> again, Exception failure, CancellationToken cancellation)
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
                alone = await CommitAsync(alone, cancellation);
            }
        }

        return [];
    }

    /// <summary>
    /// The connection of the last statement if it still works, or another: nothing has been sent yet, so that this is the time to find out.
    /// </summary>
    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellation)
    {
        if (connection is not null && !await server.IsAliveAsync(connection, cancellation))
        {
            server.ForgetIdle();
            await ForgetConnectionAsync();
        }

        return connection ??= await server.OpenAsync(cancellation);
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
