using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>One silo's dealings with one server: its connections, its writer, its lease and the replicas it holds there.</summary>
internal sealed class PostgreSqlServer : IAsyncDisposable, IReplicaLogHost
{
    private const int OpeningAtOnceMax = 4;
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(2);

    private readonly PostgreSqlStoreOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly AlarmBoard? alarms;
    private readonly ServerConnection connection;
    private readonly Func<(int[] Numbers, long[] Counters)> otherCounters;
    private readonly ConcurrentDictionary<long, PostgreSqlReplicaLog> logs = new();
    private readonly ConcurrentDictionary<ReplicaKey, HeldReplica> newest = new();
    private readonly ConcurrentQueue<PostgreSqlReplicaLog> claiming = new();
    private readonly SerialQueue claims = new();
    private readonly SemaphoreSlim openings = new(OpeningAtOnceMax);
    private readonly long leaseId;
    private readonly LeaseSweep sweep;
    private readonly Reminder leaseTrouble = new();
    private long takeOversKnown;

    public PostgreSqlServer(
        PostgreSqlStoreOptions options,
        long leaseId,
        ServerConnection connection,
        Func<(int[] Numbers, long[] Counters)> otherCounters,
        TimeProvider time,
        ILogger logger,
        AlarmBoard? alarms)
    {
        this.alarms = alarms;
        this.leaseId = leaseId;
        this.options = options;
        this.connection = connection;
        this.otherCounters = otherCounters;
        this.time = time;
        this.logger = logger;
        sweep = new LeaseSweep(time, options.Leases, leaseId);
        Writer = new GroupCommit(connection, options, logger);
        SnapshotWorker = new SnapshotWorker(connection, logger);
        Lease = new SiloLease(options.Leases, time, ExtendAsync, OnLeaseChanged, TellLeaseTrouble);
        Lease.Start();
    }

    public GroupCommit Writer { get; }

    public SiloLease Lease { get; }

    public SnapshotWorker SnapshotWorker { get; }

    public ViewWriter Views { get; } = new();

    public async Task<IReplicaLog> OpenAsync(ReplicaKey key, IReplicaLogEvents events, CancellationToken cancellation)
    {
        var abandoned = new List<long>();
        var backOff = default(BackOff);
        while (true)
        {
            var nonce = ActivationNonce.New();
            await openings.WaitAsync(cancellation);
            try
            {
                return await OpenOnceAsync(key, nonce, abandoned, events, cancellation);
            }
            catch (Exception exception) when (Failures.IsPassing(exception) && !cancellation.IsCancellationRequested)
            {
                // The epoch may have been acquired all the same, and the answer lost: that attempt never spoke.
                abandoned.Add(nonce);
                connection.ForgetAfter(exception);
            }
            finally
            {
                openings.Release();
            }

            await backOff.WaitAsync(cancellation);
        }
    }

    public async Task CreateReplicaAsync(ReplicaKey key, Configuration initial, CancellationToken cancellation)
    {
        await using var open = await connection.OpenAsync(cancellation);
        await using var command = Sql.Command(
            open,
            $"""
            INSERT INTO raft.replica AS r (group_name, replica, configuration) SELECT $1, $2, $3 WHERE {Sql.Durably}
            ON CONFLICT (group_name, replica) DO UPDATE SET configuration = excluded.configuration WHERE r.writes = 0 AND NOT r.is_stale
            """,
            Sql.Value(key.Group),
            Sql.Value(key.Replica.Value),
            Sql.Value(ConfigurationCodec.Encode(initial)));
        if (await command.ExecuteNonQueryAsync(cancellation) == 0)
        {
            throw new StoreRefusedException(
                $"replica {key} exists in PostgreSQL at {connection.Name} and has a history: add the new member under another number");
        }
    }

    /// <summary>Deletes whatever a replica has stored, its row last.</summary>
    public async Task<bool> DeleteReplicaAsync(ReplicaKey key, CancellationToken cancellation)
    {
        await using var open = await connection.OpenAsync(cancellation);
        if (await DeletionStatements.TakeFromHolderAsync(open, key, cancellation) is not { } id)
        {
            return false;
        }

        do
        {
            foreach (var snapshot in await DeletionStatements.FindSnapshotsAsync(open, id, cancellation))
            {
                while (await SnapshotStatements.DeleteSomeAsync(open, snapshot, cancellation))
                {
                }
            }

            while (await DeletionStatements.DeleteBlocksAsync(open, id, cancellation))
            {
            }
        }
        while (await DeletionStatements.IsMoreThanRowAsync(open, id, cancellation));

        return true;
    }

    /// <summary>Throws when the server does not take a write.</summary>
    public async Task CheckAsync(CancellationToken cancellation)
    {
        await using var open = await connection.OpenAsync(cancellation);
        await using var command = Sql.Command(
            open,
            $"UPDATE raft.silo_lease SET silo = $2 WHERE id = $1 AND {Sql.Durably} RETURNING current_setting('fsync'), "
            + "current_setting('full_page_writes')",
            Sql.Value(leaseId),
            Sql.Value(options.SiloName));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (await reader.ReadAsync(cancellation))
        {
            new Durability(reader.GetString(0), reader.GetString(1)).Require(connection.Name, options);
        }
    }

    /// <summary>
    /// Gives the right to speak back, if the server can be reached: a successor that is not told waits for as long as the lease lasts, and no silo
    /// that stops for longer than that.
    /// </summary>
    public async Task ReleaseAsync(HeldReplica replica, CancellationToken cancellation)
    {
        var backOff = default(BackOff);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(ReleasePatience);
        while (true)
        {
            try
            {
                await using var open = await connection.OpenAsync(limit.Token);
                await OwnershipStatements.ReleaseAsync(open, replica.Id, replica.Nonce, limit.Token);
                return;
            }
            catch (Exception) when (limit.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (Failures.IsPassing(exception) && !limit.IsCancellationRequested)
            {
                connection.ForgetAfter(exception);
            }

            await Task.WhenAny(backOff.WaitAsync(limit.Token));
        }
    }

    /// <inheritdoc/>
    public async Task<bool> WriteMarkAsync(HeldReplica replica, ApplyMark? mark)
    {
        var backOff = default(BackOff);
        while (!replica.Closing.IsCancellationRequested)
        {
            try
            {
                await using var open = await connection.OpenAsync(replica.Closing);
                return await LifeStatements.WriteMarkAsync(open, replica.Id, replica.Nonce, mark, replica.Closing);
            }
            catch (Exception) when (replica.Closing.IsCancellationRequested)
            {
                return false;
            }
            catch (Exception exception) when (Failures.IsPassing(exception))
            {
                connection.ForgetAfter(exception);
            }
            catch (Exception exception)
            {
                replica.Stop(LogStopReason.Failed, exception);
                return false;
            }

            await Task.WhenAny(backOff.WaitAsync(replica.Closing));
        }

        return false;
    }

    public void Forget(HeldReplica replica)
    {
        logs.TryRemove(replica.Nonce, out _);
        newest.TryRemove(KeyValuePair.Create(replica.Key, replica));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var log in logs.Values)
        {
            await log.DisposeAsync();
        }

        await Lease.DisposeAsync();
        await LeaveAsync();
        await Writer.DisposeAsync();
        await connection.DisposeAsync();
        openings.Dispose();
        SnapshotWorker.Dispose();
        Views.Dispose();
    }

    /// <summary>The run is over; whoever finds the row takes it for one that may still live, so it goes if that is quickly done.</summary>
    private async Task LeaveAsync()
    {
        using var patience = new CancellationTokenSource(LeaveTimeout);
        try
        {
            await using var open = await connection.OpenAsync(patience.Token);
            await SiloRegistration.RemoveAsync(open, leaseId, patience.Token);
        }
        catch (Exception)
        {
            // Out of reach: the lease runs out by itself.
        }
    }

    private async Task<IReplicaLog> OpenOnceAsync(
        ReplicaKey key, long nonce, List<long> abandoned, IReplicaLogEvents events, CancellationToken cancellation)
    {
        await using var open = await connection.OpenAsync(cancellation);
        var acquired = await OwnershipStatements.AcquireAsync(open, key, nonce, leaseId, [.. abandoned], cancellation)
            ?? throw new StoreRefusedException(
                $"replica {key} has no row in PostgreSQL at {connection.Name}: it was never created, was removed, or the database was replaced. "
                + "Restore the database, or remove the replica as a member and add it anew to give it an empty log");
        var answered = time.GetTimestamp();
        if (acquired.IsStale)
        {
            throw new StoreRefusedException(
                $"replica {key} may have forgotten votes: PostgreSQL at {connection.Name} was restored from an old backup. Remove it as a member and "
                    + "add another");
        }

        // Known to the lease before the row is read again: whoever takes over from now on is noticed, by that reading or by the next extension.
        var log = new PostgreSqlReplicaLog(this, key, acquired, nonce, events);
        logs[nonce] = log;
        StopPredecessor(log.Replica);
        try
        {
            log.Open(await RecoveredReplica.ReadAsync(open, key, acquired, nonce, cancellation));
        }
        catch
        {
            await log.DisposeAsync();
            throw;
        }

        if (acquired.IsSpeaker)
        {
            log.GrantAtOnce();
        }
        else
        {
            _ = ClaimAsync(log, answered);
        }

        return log;
    }

    /// <summary>An activation of the same replica on this silo need not wait to be told.</summary>
    private void StopPredecessor(HeldReplica replica)
    {
        HeldReplica? predecessor = null;
        newest.AddOrUpdate(replica.Key, replica, (_, other) =>
        {
            predecessor = other.Epoch < replica.Epoch ? other : null;
            return predecessor is null ? other : replica;
        });
        predecessor?.StopFenced();
    }

    /// <summary>
    /// Waits until the predecessor's right has certainly ended, then becomes the speaker, together with whoever else waits for that.
    /// </summary>
    private async Task ClaimAsync(PostgreSqlReplicaLog log, long answered)
    {
        try
        {
            var left = options.Leases.Duration - time.GetElapsedTime(answered);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, log.Replica.Closing);
            claiming.Enqueue(log);
            claims.Enqueue(ClaimAllAsync);
        }
        catch (OperationCanceledException)
        {
            // Closed while it waited: it never became the speaker.
        }
    }

    private async Task ClaimAllAsync()
    {
        var due = new List<PostgreSqlReplicaLog>();
        while (claiming.TryDequeue(out var log))
        {
            due.Add(log);
        }

        var backOff = default(BackOff);
        while (due.RemoveAll(static log => log.IsClosed) >= 0 && due.Count > 0)
        {
            try
            {
                await using var open = await connection.OpenAsync(CancellationToken.None);
                var claimed = await OwnershipStatements.ClaimAsync(
                    open,
                    leaseId,
                    [.. due.Select(static log => log.Replica.Id)],
                    [.. due.Select(static log => log.Replica.Nonce)],
                    CancellationToken.None);
                due.ForEach(log => log.OnClaimed(claimed.Contains(log.Replica.Nonce)));
                return;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (Exception exception)
            {
                connection.ForgetAfter(exception);
                await backOff.WaitAsync(CancellationToken.None);
            }
        }
    }

    private async Task<bool> ExtendAsync(CancellationToken closing)
    {
        // What takes longer comes too late, since the last extension has expired by then; another connection may be faster.
        var patience = options.Leases.Validity - options.Leases.Period;
        using var inTime = new CancellationTokenSource(patience > options.Leases.Period ? patience : options.Leases.Period, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(closing, inTime.Token);
        var cancellation = both.Token;
        try
        {
            await using var open = await connection.OpenAsync(cancellation);
            var (numbers, counters) = otherCounters();
            if (await OwnershipStatements.ExtendAsync(open, leaseId, takeOversKnown, numbers, counters, cancellation) is { } extension)
            {
                connection.NoteCounter(extension.Counter);
                extension.Durability.Require(connection.Name, options);
                Alarms.Clear(alarms, connection.Name);
                await sweep.RunAsync(open, cancellation);
                return true;
            }

            await StopLostAsync(open, cancellation);
            return false;
        }
        catch (Exception exception)
        {
            connection.ForgetAfter(exception);
            throw;
        }
    }

    /// <summary>
    /// Somebody took replicas over, or our row is not there (yet): finds out what is lost, and stops it before the lease counts again.
    /// </summary>
    private async Task StopLostAsync(NpgsqlConnection open, CancellationToken cancellation)
    {
        var held = logs.Values.ToArray();
        var (takeOvers, lost) = await OwnershipStatements.ReadLostAsync(
            open, leaseId, [.. held.Select(static log => log.Replica.Id)], [.. held.Select(static log => log.Replica.Nonce)], cancellation);
        if (takeOvers is null)
        {
            // Made first, and what is lost looked for afterwards: whoever takes over in between marks the new row.
            await OwnershipStatements.CreateLeaseAsync(open, leaseId, options.SiloName, cancellation);
            takeOversKnown = -1;
            return;
        }

        var stopping = held.Where(log => lost.Contains(log.Replica.Nonce)).ToList();
        stopping.ForEach(static log => log.Replica.StopFenced());
        takeOversKnown = takeOvers.Value;
        if (stopping.Count > 0)
        {
            Log.ReplicasLost(logger, stopping.Count, connection.Name);
        }
    }

    private void TellLeaseTrouble(Exception exception)
    {
        // One extension that comes late harms nobody.
        if (!Lease.IsValid)
        {
            Alarms.Report(alarms, connection.Name, exception);
        }

        if (leaseTrouble.IsDue)
        {
            Log.LeaseNotExtended(logger, connection.Name, Failures.Reason(exception));
        }
    }

    private void OnLeaseChanged()
    {
        foreach (var log in logs.Values)
        {
            log.OnLeaseChanged();
        }
    }
}
