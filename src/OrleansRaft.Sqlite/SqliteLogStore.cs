using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Sqlite.Internal;

namespace OrleansRaft.Sqlite;

/// <summary>
/// A log store in one local file (WAL, synchronous=FULL), held by one process. Its replicas are bound to it: losing the disk is a membership change.
/// </summary>
internal sealed class SqliteLogStore : ILogStore
{
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromMilliseconds(250);
    private const int WatchesPerFlush = 4;

    private readonly StoreDirectory directory;
    private readonly CommitLoop loop;
    private readonly TimeProvider time;
    private readonly LeaseTimes times;
    private readonly ILogger logger;
    private readonly AlarmBoard? alarms;
    private readonly ConcurrentDictionary<ReplicaKey, SqliteReplicaLog> logs = new();
    private readonly Timer watch;
    private int watches;

    private SqliteLogStore(
        StoreDirectory directory, StoreFile file, SqliteStoreOptions options, TimeProvider time, ILogger logger, AlarmBoard? alarms)
    {
        this.directory = directory;
        this.time = time;
        times = options.Leases;
        this.logger = logger;
        this.alarms = alarms;
        LocalId = file.Mark.StoreId;
        loop = new CommitLoop(
            file,
            mark => StoreFile.Reopen(directory, mark, logger),
            exception => StoreTroubles.Describe(exception, directory.Path, directory.Probe),
            OnFailed,
            OnRecovered);

        // Of the real clock: what it looks at is the real disk.
        watch = new Timer(static store => ((SqliteLogStore)store!).Watch(), this, WatchPeriod, WatchPeriod);
    }

    /// <inheritdoc/>
    public string LocalId { get; }

    /// <summary>Takes hold of a directory and opens its file, or makes it; the store's id is known from then on.</summary>
    /// <param name="options">Where.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For people.</param>
    /// <param name="alarms">Where to say that the disk is full, damaged or gone; null for nowhere.</param>
    /// <exception cref="StoreRefusedException">
    /// Another process holds the directory, the file cannot be opened, something in it that was acknowledged is damaged or gone, or a newer program
    /// wrote it.
    /// </exception>
    public static SqliteLogStore Open(SqliteStoreOptions options, TimeProvider time, ILogger logger, AlarmBoard? alarms = null)
    {
        var directory = StoreDirectory.Acquire(options.Directory, logger);
        StoreFile? file = null;
        try
        {
            file = StoreFile.Open(directory, logger);
            ReplicaRow.ReleaseAll(file);
            Log.Opened(logger, directory.DatabaseFile, file.Mark.StoreId);
            return new SqliteLogStore(directory, file, options, time, logger, alarms);
        }
        catch
        {
            file?.Dispose();
            directory.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<ClusterDefinition> InitializeAsync(ClusterDefinition wanted, CancellationToken cancellation) => loop
        .SubmitAsync(database =>
        {
            var stored = StoreRow.ReadDefinition(database, directory.DatabaseFile)
                ?? Create(database, wanted.LocalStores.IsEmpty ? wanted with { LocalStores = [LocalId] } : wanted);
            ClusterRow.RequireSame(directory.DatabaseFile, stored, wanted);
            return stored;
        })
        .WaitAsync(cancellation);

    /// <inheritdoc/>
    public Task<ClusterDefinition> AttachAsync(CancellationToken cancellation) => ReadClusterAsync(cancellation);

    /// <inheritdoc/>
    public Task<ClusterDefinition> ReadClusterAsync(CancellationToken cancellation) =>
        loop.SubmitAsync(RequireDefinition).WaitAsync(cancellation);

    /// <inheritdoc/>
    public Task<ClusterDefinition> ChangeClusterAsync(Func<ClusterDefinition, ClusterDefinition> change, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(change);
        return loop
            .SubmitAsync(database =>
            {
                var changed = change(RequireDefinition(database));
                StoreRow.WriteDefinition(database, changed);
                return changed;
            })
            .WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public async Task<IReplicaLog> OpenAsync(ReplicaKey key, IReplicaLogEvents events, CancellationToken cancellation)
    {
        var nonce = ActivationNonce.New();
        var (hold, isSpeaker) = await loop.SubmitAsync(database => ReplicaRow.Acquire(database, key, nonce)).WaitAsync(cancellation)
            ?? throw new StoreRefusedException(
                $"replica {key} has no data in {directory.DatabaseFile}: it was never created here, was removed, or the file was replaced. "
                + "Restore the file, or remove the replica as a member and add it anew to give it an empty log");
        if (logs.TryGetValue(key, out var predecessor) && predecessor.Epoch < hold.Epoch)
        {
            predecessor.StopFenced();
        }

        var recovery = new Recovery(loop, hold);
        await recovery.RunAsync(cancellation);
        var log = new SqliteReplicaLog(this, loop, hold, recovery, events);
        logs.AddOrUpdate(key, log, (_, other) => other.Epoch > log.Epoch ? other : log);
        if (loop.Trouble is { } trouble)
        {
            log.StopFailed(trouble);
            throw trouble;
        }

        log.Begin(isSpeaker);
        return log;
    }

    /// <inheritdoc/>
    public Task CreateReplicaAsync(ReplicaKey key, Configuration initial, CancellationToken cancellation) => loop
        .SubmitAsync(database =>
        {
            ReplicaRow.Create(database, key, initial);
            return true;
        })
        .WaitAsync(cancellation);

    /// <inheritdoc/>
    public async Task<bool> DeleteReplicaAsync(ReplicaKey key, CancellationToken cancellation)
    {
        if (await loop.SubmitAsync(database => ReplicaRow.Find(database, key)).WaitAsync(cancellation) is not { } id)
        {
            return false;
        }

        await loop.SubmitAsync(database => ReplicaRow.TakeFromHolder(database, id, ActivationNonce.New())).WaitAsync(cancellation);
        if (logs.TryGetValue(key, out var holder))
        {
            holder.StopFenced();
        }

        // A little in each transaction: others wait for it.
        while (await loop.SubmitAsync(database => ReplicaRow.DeletePart(database, id)).WaitAsync(cancellation))
        {
        }

        return true;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ReplicaKey>> ListReplicasAsync(CancellationToken cancellation) => loop
        .SubmitAsync<IReadOnlyList<ReplicaKey>>(static database =>
        [
            .. database.Query("SELECT group_name, replica FROM replica ORDER BY id")
                .Select(static row => new ReplicaKey(row.GetString(0), new ReplicaId(row.GetInt64(1)))),
        ])
        .WaitAsync(cancellation);

    /// <inheritdoc/>
    public IStoredReplica Look(ReplicaKey key) => new SqliteStoredReplica(loop, key);

    /// <inheritdoc/>
    public Task<SiloLives?> ReadLivesAsync(string silo, CancellationToken cancellation) =>
        loop.SubmitAsync(database => LifeTable.ReadLives(database, silo)).WaitAsync(cancellation);

    /// <inheritdoc/>
    public Task WriteLivesAsync(string silo, SiloLives lives, CancellationToken cancellation) => loop
        .SubmitAsync(database =>
        {
            LifeTable.WriteLives(database, silo, lives);
            return true;
        })
        .WaitAsync(cancellation);

    /// <inheritdoc/>
    public void BeginPulse() => loop.BeginPulse();

    /// <inheritdoc/>
    public void EndPulse() => loop.EndPulse();

    /// <inheritdoc/>
    public Task<ClusterLevels?> ReadLevelsAsync(CancellationToken cancellation) => loop.SubmitAsync(LevelTable.Read).WaitAsync(cancellation);

    /// <inheritdoc/>
    public Task<ClusterLevels?> ChangeLevelsAsync(Func<ClusterLevels?, ClusterLevels?> change, CancellationToken cancellation) =>
        loop.SubmitAsync(database => LevelTable.Change(database, change)).WaitAsync(cancellation);

    /// <inheritdoc/>
    public Task CheckAsync(CancellationToken cancellation) =>
        loop.SubmitAsync(database => database.Execute("UPDATE store SET local_id = local_id")).WaitAsync(cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await watch.DisposeAsync();
        foreach (var log in logs.Values)
        {
            await log.DisposeAsync();
        }

        loop.Dispose();
        Views.Dispose();
        directory.Dispose();
        ClearAlarms();
    }

    internal ViewWriter Views { get; } = new();

    internal Task WaitForPredecessorAsync(CancellationToken cancellation) => Task.Delay(times.Margin, time, cancellation);

    internal void Forget(SqliteReplicaLog log) => logs.TryRemove(KeyValuePair.Create(log.Key, log));

    /// <summary>A replica met something that is its own trouble and not the whole store's.</summary>
    internal void ReportFailure(ReplicaKey key, Exception exception)
    {
        if (exception is not StoreTroubleException)
        {
            Log.WriteFailed(logger, exception, key, directory.DatabaseFile);
        }
    }

    private ClusterDefinition RequireDefinition(Database database) =>
        StoreRow.ReadDefinition(database, directory.DatabaseFile) ?? throw ClusterRow.NotThere(directory.DatabaseFile);

    private ClusterDefinition Create(Database database, ClusterDefinition definition)
    {
        StoreRow.WriteDefinition(database, definition);
        foreach (var (key, initial) in ClusterRow.FirstReplicas(definition, LocalId))
        {
            ReplicaRow.Create(database, key, initial);
        }

        return definition;
    }

    /// <summary>Looks whether the files are still those that are written: what goes to a file that was removed is gone with this process.</summary>
    private void Watch()
    {
        if (loop.Trouble is not null)
        {
            return;
        }

        try
        {
            directory.RequireUnchanged();
        }
        catch (StoreTroubleException trouble)
        {
            loop.Fail(trouble);
            return;
        }

        if (Interlocked.Increment(ref watches) % WatchesPerFlush == 0)
        {
            loop.Flush();
        }
    }

    private void OnFailed(StoreTroubleException trouble)
    {
        Log.StoreFailed(logger, trouble, directory.DatabaseFile, trouble.Detail, trouble.Remedy);
        ClearAlarms();
        alarms?.Report(trouble.Alarm, directory.Path, trouble.Detail, trouble.Remedy);
        foreach (var log in logs.Values)
        {
            log.StopFailed(trouble);
        }
    }

    private void OnRecovered()
    {
        ClearAlarms();
        Log.StoreRecovered(logger, directory.DatabaseFile);
    }

    private void ClearAlarms()
    {
        foreach (var name in new[] { AlarmNames.StoreFull, AlarmNames.StoreCorrupt, AlarmNames.StoreUnreachable })
        {
            alarms?.Clear(name, directory.Path);
        }
    }
}
