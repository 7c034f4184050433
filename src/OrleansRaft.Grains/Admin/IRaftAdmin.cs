using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Admin;

/// <summary>Looks into the groups of the whole cluster, and changes who leads and who belongs. A service of every silo.</summary>
public interface IRaftAdmin
{
    /// <summary>The cluster as it is stored, with its sets of groups.</summary>
    /// <exception cref="InvalidOperationException">The silo has not started.</exception>
    ClusterDefinition Cluster { get; }

    /// <summary>Groups of all sets, in the order of their sets' names and of their numbers, each with its replicas.</summary>
    /// <param name="after">The name of the group after which the page begins; null for the first page.</param>
    /// <param name="limit">The most groups on the page, at least 1.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<GroupPage> ListGroupsAsync(string? after, int limit, CancellationToken cancellation = default);

    /// <summary>One group; null when there is none of that name.</summary>
    /// <param name="group">Its name, such as <c>counters-0</c>.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<GroupView?> GetGroupAsync(string group, CancellationToken cancellation = default);

    /// <summary>
    /// Compares the states of a group's replicas: its leader appends an entry, at which each replica makes a digest, and waits for all that it
    /// reaches.
    /// </summary>
    /// <remarks>
    /// Groups are compared now and then by themselves, see <see cref="RaftOptions.CompareEntries"/>; the digests of the last time stand in
    /// <see cref="ReplicaStatus.Digest"/>. A replica that is found wrong by the word of a majority has its state replaced.
    /// </remarks>
    /// <param name="group">The group's name, such as <c>counters-0</c>.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>
    /// Committed with the comparison, whatever it says: only <see cref="GroupComparison.IsEqual"/> says that all replicas hold the same. Or why there
    /// is none.
    /// </returns>
    Task<Outcome<GroupComparison>> CompareAsync(string group, CancellationToken cancellation = default);

    /// <summary>
    /// Entries of a group's log, read from its leader or else from the replica that holds the most; null when there is no such group.
    /// </summary>
    /// <param name="group">Its name.</param>
    /// <param name="after">The index after which to begin.</param>
    /// <param name="limit">The most entries, at least 1.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Fewer than asked for when the log ends; beginning later when it was compacted.</returns>
    Task<IReadOnlyList<Entry>?> ReadLogAsync(string group, LogIndex after, int limit, CancellationToken cancellation = default);

    /// <summary>Hands leadership over, and waits until another replica leads (thesis §3.10).</summary>
    /// <param name="group">The group's name.</param>
    /// <param name="target">To whom; null for the most up-to-date voter.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Committed with the new leader, or why not.</returns>
    Task<Outcome<ReplicaId>> TransferLeadershipAsync(string group, ReplicaId? target, CancellationToken cancellation = default);

    /// <summary>
    /// Changes the members of a group, one change at a time, and waits until the change is committed (§6) and those that joined have caught up.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="goal">What is wanted.</param>
    /// <param name="expectedVersion">The version of the configuration that the change is made for; null to take whichever is in force.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>
    /// Committed with the configuration in force, in which a new voter that is far behind may still be a learner that becomes a voter by itself; or
    /// why not. A change that would leave no majority is refused.
    /// </returns>
    Task<Outcome<Configuration>> ChangeMembersAsync(
        string group, MembershipGoal goal, LogIndex? expectedVersion = null, CancellationToken cancellation = default);

    /// <summary>
    /// Decides that an entry on which the state machine of a group halts is never applied, and waits until that is committed. Whoever sent its
    /// command may have been given a result by a replica that cannot be reached now; that replica discards its state when it hears of the decision.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="entry">Which entry; its leader must be halted there, and no replica that answers may have applied it.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Committed with the entry of the decision (<see cref="EntryId.Zero"/> when it was skipped before); or why not.</returns>
    Task<Outcome<EntryId>> SkipEntryAsync(string group, LogIndex entry, CancellationToken cancellation = default);

    /// <summary>
    /// Raises the version at which a group's state machine works (<see cref="IVersionedStateMachine"/>), and waits until its
    /// leader works at it. It is never lowered.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="version">The later version, which every member's program must support; null for the latest that they do.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Committed with the entry that raised it (<see cref="EntryId.Zero"/> when it was in force before); or why not.</returns>
    Task<Outcome<EntryId>> UpgradeMachineAsync(string group, int? version, CancellationToken cancellation = default);

    /// <summary>
    /// Deletes what members of a group that were removed have stored. Refused while it is not known for certain who the members are. May be repeated.
    /// </summary>
    /// <param name="group">The group's name.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Committed with the numbers of the replicas of which there was something; or why nothing was deleted.</returns>
    Task<Outcome<IReadOnlyList<ReplicaId>>> DeleteRemovedAsync(string group, CancellationToken cancellation = default);

    /// <summary>
    /// Lets a silo leave for good: members that are bound to its local store are moved to those of other silos, for some seconds; then it is told to
    /// leave, and what it hosts is taken over at once. To be repeated until <see cref="Decommissioning.IsLeaving"/>.
    /// </summary>
    /// <param name="silo">The silo's name. A silo of that name that is started again joins again.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Outcome<Decommissioning>> DecommissionAsync(string silo, CancellationToken cancellation = default);

    /// <summary>
    /// Whether this silo has joined, reaches its stores, and its replicas have caught up. A group without a leader is an alarm instead.
    /// </summary>
    Task<RaftReadiness> CheckReadinessAsync(CancellationToken cancellation = default);

    /// <summary>What is wrong anywhere in the cluster; empty when all is well. By kind, and then the oldest first; at most 1,000.</summary>
    Task<IReadOnlyList<Alarm>> ListAlarmsAsync(CancellationToken cancellation = default);
}
