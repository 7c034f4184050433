using OrleansRaft.Core;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Lives;

namespace OrleansRaft.Runtime.Storage;

/// <summary>Where one silo keeps the logs of its replicas. Writes of many replicas are made durable together (group commit).</summary>
public interface ILogStore : IAsyncDisposable
{
    /// <summary>The id of a local store, to which its replicas are bound; empty for a store that every silo reaches.</summary>
    string LocalId { get; }

    /// <summary>
    /// Of a store that every silo reaches, what tells it from any other, once it is initialized: silos of one cluster that name different stores must
    /// notice. Empty when that is not known, and for local stores.
    /// </summary>
    string SharedId => "";

    /// <summary>
    /// Opens the store, brings its schema up to date, checks that it belongs to this cluster, and writes the cluster row and the first replicas' rows
    /// if nobody has yet.
    /// </summary>
    /// <param name="wanted">The cluster as this silo is configured.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>The cluster as it is stored: the only source of the first groups' configurations.</returns>
    /// <exception cref="StoreRefusedException">The store belongs to another cluster, was written by a newer program, disagrees with
    /// <paramref name="wanted"/>, or is held by another process.</exception>
    Task<ClusterDefinition> InitializeAsync(ClusterDefinition wanted, CancellationToken cancellation);

    /// <summary>
    /// Opens the store of whichever cluster it holds, for those who work on it without a silo; in place of <see cref="InitializeAsync"/>. Makes
    /// nothing.
    /// </summary>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>The cluster row.</returns>
    /// <exception cref="StoreRefusedException">It holds none, was written by a newer program, or is held by another process.</exception>
    Task<ClusterDefinition> AttachAsync(CancellationToken cancellation);

    /// <summary>The cluster row as it is stored now.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">There is none.</exception>
    Task<ClusterDefinition> ReadClusterAsync(CancellationToken cancellation);

    /// <summary>Changes the cluster row, durably; of several who change it at once, each sees what the one before left.</summary>
    /// <param name="change">Makes the row of the stored one; it changes neither the cluster's name, nor its sets, servers and stores.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>The row as it is then.</returns>
    Task<ClusterDefinition> ChangeClusterAsync(Func<ClusterDefinition, ClusterDefinition> change, CancellationToken cancellation);

    /// <summary>
    /// Takes a replica over: acquires its next epoch in a statement that commits by itself, then reads its log, term and vote by later statements.
    /// Whoever held it before can write no more.
    /// </summary>
    /// <param name="key">Which replica. Its row must exist.</param>
    /// <param name="events">Told what becomes of the work handed to the log; called on any thread, never inside the call that hands work
    /// over.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">The replica has no row here: it was never created, was removed, or its disk was replaced.</exception>
    /// <exception cref="CorruptDataException">What was read back is torn or damaged; the message names the place.</exception>
    Task<IReplicaLog> OpenAsync(ReplicaKey key, IReplicaLogEvents events, CancellationToken cancellation);

    /// <summary>Makes the row of a replica that joins an existing group. Does nothing if it exists and was never written to.</summary>
    /// <param name="key">Which replica.</param>
    /// <param name="initial">
    /// The configuration it starts from; it learns the real one from its leader. Its version is that of the configuration in force: see
    /// <see cref="RecoveredState.JoinedAfter"/>.
    /// </param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">The replica exists and has a history: a removed member's name is not used again.</exception>
    Task CreateReplicaAsync(ReplicaKey key, Configuration initial, CancellationToken cancellation);

    /// <summary>
    /// Deletes whatever a replica has stored, and its row: it cannot be opened any more, and whoever held it can write no more. For replicas that are
    /// members no longer; one that is a member and deleted is lost, as with its disk.
    /// </summary>
    /// <param name="key">Which replica.</param>
    /// <param name="cancellation">Stops waiting; what is left is deleted by the next call.</param>
    /// <returns>Whether there was anything.</returns>
    /// <exception cref="StoreRefusedException">The store cannot.</exception>
    Task<bool> DeleteReplicaAsync(ReplicaKey key, CancellationToken cancellation) =>
        throw new StoreRefusedException($"{GetType().Name} does not delete what replicas have stored; delete it by the store's own means");

    /// <summary>The replicas that have a place here.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    Task<IReadOnlyList<ReplicaKey>> ListReplicasAsync(CancellationToken cancellation);

    /// <summary>What is stored of a replica, for whoever checks it. Nothing is read yet.</summary>
    /// <param name="key">Which.</param>
    IStoredReplica Look(ReplicaKey key);

    /// <summary>How the lives of a silo ended; null when it has not lived yet, and always where the store ends with the process.</summary>
    /// <param name="silo">Its name.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<SiloLives?> ReadLivesAsync(string silo, CancellationToken cancellation) => Task.FromResult<SiloLives?>(null);

    /// <summary>Remembers that a life of a silo has begun, or ended, durably.</summary>
    /// <param name="silo">Its name.</param>
    /// <param name="lives">What to remember.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task WriteLivesAsync(string silo, SiloLives lives, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>
    /// Writes of several replicas follow, which belong into one transaction: the store need not begin one before <see cref="EndPulse"/>. It does when
    /// another pulse ends, since one may take long. A store that gains nothing by it does nothing. Any thread, and several at a time.
    /// </summary>
    void BeginPulse()
    {
    }

    /// <summary>All of them have been handed over. Called once for each <see cref="BeginPulse"/>. Any thread.</summary>
    void EndPulse()
    {
    }

    /// <summary>What the store remembers of feature levels; null when nobody has told it anything.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    Task<ClusterLevels?> ReadLevelsAsync(CancellationToken cancellation);

    /// <summary>
    /// Changes what the store remembers of feature levels, in one step: no other change comes between what is read and what is written.
    /// </summary>
    /// <param name="change">
    /// Makes what is to be remembered of what is, which is null when nobody has told the store anything; or null to change nothing. May be called
    /// more than once.
    /// </param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>What is remembered now.</returns>
    Task<ClusterLevels?> ChangeLevelsAsync(Func<ClusterLevels?, ClusterLevels?> change, CancellationToken cancellation);

    /// <summary>Throws when the store cannot be reached or written to; for health checks.</summary>
    Task CheckAsync(CancellationToken cancellation);
}
