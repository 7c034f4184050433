using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Sqlite.Internal;

namespace OrleansRaft.Sqlite;

/// <summary>A log store in one local file (WAL, synchronous=FULL), held by one process. Its replicas are bound to it: losing the disk is a membership change.</summary>
public sealed class SqliteLogStore : ILogStore
{
    private readonly StoreDirectory directory;
    private readonly CommitLoop loop;
    private readonly TimeProvider time;
    private readonly LeaseTimes times;
    private readonly ILogger logger;
    private readonly ConcurrentDictionary<ReplicaKey, SqliteReplicaLog> logs = new();

    private SqliteLogStore(StoreDirectory directory, Database database, string localId, LeaseTimes times, TimeProvider time, ILogger logger)
    {
        this.directory = directory;
        this.time = time;
        this.times = times;
        this.logger = logger;
        LocalId = localId;
        loop = new CommitLoop(database);
    }

    /// <inheritdoc/>
    public string LocalId { get; }

    /// <summary>Takes hold of a directory and opens its file, or makes it; the store's id is known from then on.</summary>
    /// <param name="options">Where.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For people.</param>
    /// <exception cref="StoreRefusedException">Another process holds the directory, the file cannot be opened, or a newer program wrote it.</exception>
    public static SqliteLogStore Open(SqliteStoreOptions options, TimeProvider time, ILogger logger)
    {
        var directory = StoreDirectory.Hold(options.Directory);
        Database? database = null;
        try
        {
            database = Database.Open(directory.DatabaseFile, $"sqlite-{RandomNumberGenerator.GetHexString(12, lowercase: true)}");
            var localId = database.Query("SELECT local_id FROM store").Select(row => row.GetString(0)).Single();
            ReplicaRow.ReleaseAll(database);
            Log.Opened(logger, directory.DatabaseFile, localId);
            return new SqliteLogStore(directory, database, localId, options.Leases, time, logger);
        }
        catch
        {
            database?.Dispose();
            directory.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<ClusterDefinition> InitializeAsync(ClusterDefinition wanted, CancellationToken cancellation) => loop
        .SubmitAsync(database =>
        {
            var stored = database.Query("SELECT definition FROM store WHERE definition IS NOT NULL").Select(row => ClusterRow.Read(row.GetString(0))).FirstOrDefault()
                ?? Create(database, wanted.LocalStores.IsEmpty ? wanted with { LocalStores = [LocalId] } : wanted);
            ClusterRow.RequireSame(directory.DatabaseFile, stored, wanted);
            return stored;
        })
        .WaitAsync(cancellation);

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

        var (recovered, snapshot) = await loop.SubmitAsync(database => ReplicaRow.Recover(database, hold)).WaitAsync(cancellation);
        var log = new SqliteReplicaLog(this, loop, hold, recovered, snapshot, events);
        logs.AddOrUpdate(key, log, (_, other) => other.Epoch > log.Epoch ? other : log);
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
    public Task CheckAsync(CancellationToken cancellation) => loop.SubmitAsync(database => database.Execute("UPDATE store SET local_id = local_id")).WaitAsync(cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var log in logs.Values)
        {
            await log.DisposeAsync();
        }

        loop.Dispose();
        directory.Dispose();
    }

    internal Task WaitForPredecessorAsync(CancellationToken cancellation) => Task.Delay(times.Margin, time, cancellation);

    internal void Forget(SqliteReplicaLog log) => logs.TryRemove(KeyValuePair.Create(log.Key, log));

    internal void ReportFailure(ReplicaKey key, Exception exception) => Log.WriteFailed(logger, exception, key, directory.DatabaseFile);

    private ClusterDefinition Create(Database database, ClusterDefinition definition)
    {
        database.Execute("UPDATE store SET cluster_id = ?1, definition = ?2", definition.ClusterId, ClusterRow.Write(definition));
        foreach (var (key, initial) in ClusterRow.FirstReplicas(definition, LocalId))
        {
            ReplicaRow.Create(database, key, initial);
        }

        return definition;
    }
}
