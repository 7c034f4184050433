using System.Collections.Immutable;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Admin;

/// <summary>
/// Carries changes of members out: gives new replicas their place in a store and the log, waits until they have caught up, and lets them vote.
/// </summary>
/// <remarks>
/// Nothing is half-done when the silo that carries one out is lost: each step is a change of the group's own log, and a learner that stays behind has
/// no vote. The same request, with the learner's number, goes on from there.
/// </remarks>
internal sealed class MembershipChanger(
    GroupTable groups, LeaderRequests leaders, ClusterMembership silos, KeeperSignal keeper, SiloClient<IReplicaService> client, TimeProvider time)
{
    private const int CatalogueVoters = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    /// <summary>Carries one out.</summary>
    public async Task<Outcome<Configuration>> RunAsync(
        GroupEntry group, MembershipGoal goal, LogIndex? expectedVersion, CancellationToken cancellation)
    {
        var firstFree = Math.Max(1 + MembershipPlan.HighestUsed(group), group.Recovery?.FirstReplica ?? 0);
        var since = time.GetTimestamp();
        while (true)
        {
            var (outcome, taken) = await TryAsync(group, goal, expectedVersion, firstFree, cancellation);
            if (taken is { } number)
            {
                firstFree = number.Value + 1;
                continue;
            }

            // A leader that has just been elected, or none yet: that passes.
            if (outcome is not Rejected<Configuration> { Reason: RejectionReason.NoLeader } || time.GetElapsedTime(since) > Patience)
            {
                return outcome!;
            }

            await Task.Delay(Poll, time, cancellation);
        }
    }

    /// <returns>How it ended; or the number that was chosen for a new replica and turned out to have been used before.</returns>
    private async Task<(Outcome<Configuration>? Outcome, ReplicaId? Taken)> TryAsync(
        GroupEntry group, MembershipGoal goal, LogIndex? expectedVersion, long firstFree, CancellationToken cancellation)
    {
        var view = await leaders.DescribeAsync(group, cancellation);
        if (view.Leader is not { } leader)
        {
            return (LeaderRequests.NoLeader<Configuration>(group), null);
        }

        var configuration = view.Configuration;
        if (expectedVersion is { } expected && expected != configuration.Version)
        {
            return (Rejected(
                RejectionReason.ConfigurationConflict,
                $"The members of {group.Name} are at version {configuration.Version}, and the change was made for version {expected}; "
                + "read the group again, and make the change for the version that it has."), null);
        }

        var answering = view.Replicas.Where(static replica => replica.Snapshot is not null)
            .Select(static replica => replica.Replica)
            .ToImmutableHashSet();
        var (plan, rejection) = MembershipPlan.Make(
            new MembershipView(group.Name, configuration, leader, answering, firstFree, Math.Max(1, groups.Cluster.Servers), VotersMin(group.Set)),
            goal);
        if (plan is null)
        {
            return (Rejected(RejectionReason.InvalidRequest, rejection), null);
        }

        var (placed, problem) = Place(group, plan.Joining, (goal as AddMember)?.Silo);
        if (problem.Length > 0)
        {
            return (Rejected(RejectionReason.InvalidRequest, problem), null);
        }

        // A version that is not committed may be lost, and the change then stand before it: its newcomer would take what is meant for it for
        // another's.
        var committed = view.Replicas.First(replica => replica.Replica == leader).Snapshot!.Status.HardState.CommitIndex;
        var version = LogIndex.Min(configuration.Version, committed);
        foreach (var joining in placed.Where(change => !configuration.Contains(change.Replica)))
        {
            if (await CreateAsync(group, version, joining, cancellation) is { } failure)
            {
                var wasChosen = failure.Reason == RejectionReason.InvalidRequest && goal is not AddMember { Replica: not null };
                return wasChosen ? (null, joining.Replica) : (failure, null);
            }
        }

        return (await CarryOutAsync(group, configuration, leader, placed, plan, cancellation), null);
    }

    /// <summary>
    /// Whoever shrinks the catalogue by mistake loses more than one group, so it keeps as many voters as it started with, or three.
    /// </summary>
    private static int VotersMin(GroupSet set) => set.Name == GroupSet.Catalogue ? Math.Min(CatalogueVoters, set.Replicas) : 1;

    private async Task<Outcome<Configuration>> CarryOutAsync(
        GroupEntry group,
        Configuration configuration,
        ReplicaId leader,
        IReadOnlyList<MemberChange> joining,
        MembershipPlan plan,
        CancellationToken cancellation)
    {
        Outcome<Configuration> outcome = new Committed<Configuration>(configuration, default, group.Name);
        if (joining.Count > 0)
        {
            outcome = await ChangeAsync(group, leader, joining, configuration.Version, cancellation);
            if (outcome is not Committed<Configuration>)
            {
                return outcome;
            }

            BringToLife(group, joining);
        }

        if (plan.Final.Count == 0)
        {
            var promoted = joining.Where(static change => change.Kind == MemberChangeKind.AddVoterWhenCaughtUp)
                .Select(static change => change.Replica)
                .ToList();
            var view = promoted.Count == 0
                ? null
                : await WaitAsync(group, current => promoted.TrueForAll(current.Configuration.Voters.Contains), cancellation);
            return view is null ? outcome : new Committed<Configuration>(view.Configuration, default, group.Name);
        }

        List<ReplicaId> awaited =
        [
            .. plan.Final.Where(static change => change.Kind == MemberChangeKind.AddVoter).Select(static change => change.Replica),
        ];
        var ready = await WaitUntilCaughtUpAsync(group, awaited, cancellation);
        return ready is not { Leader: { } next }
            ? new Unknown<Configuration>(
                $"Replicas {string.Join(", ", awaited)} of {group.Name} are learners, and had not caught up within {Patience.TotalSeconds:0} s; "
                + "no replica has left yet. Send the request again with their numbers to go on.")
            : AfterJoining(joining, await FinishAsync(group, ready.Configuration, next, plan, cancellation));
    }

    /// <summary>A refusal says that nothing was changed, which is no longer so when learners have joined.</summary>
    private static Outcome<Configuration> AfterJoining(IReadOnlyList<MemberChange> joining, Outcome<Configuration> outcome) =>
        joining.Count > 0 && outcome is Rejected<Configuration> rejection
            ? new Unknown<Configuration>(
                $"Replicas {string.Join(", ", joining.Select(static change => change.Replica))} joined as learners, "
                + $"but the rest of the change was refused: {rejection.Detail} "
                + "Send the request again with their numbers to go on.")
            : outcome;

    /// <summary>The group's own keeper would find out at its next sweep.</summary>
    private void BringToLife(GroupEntry group, IReadOnlyList<MemberChange> joined)
    {
        foreach (var change in joined)
        {
            keeper.Want(group.Slot(change.Replica));
        }
    }

    private async Task<Outcome<Configuration>> FinishAsync(
        GroupEntry group, Configuration configuration, ReplicaId leader, MembershipPlan plan, CancellationToken cancellation)
    {
        if (plan.Leaving.Contains(leader))
        {
            // A leader that leaves hands over first: its group then waits for no election. If it cannot, it steps down when the change is committed.
            await leaders.AskAsync(
                group,
                leader,
                (name, service) => service.TransferLeadershipAsync(name, 0),
                reply => Task.FromResult<Outcome<ReplicaId>>(new Committed<ReplicaId>(leader, reply.Entry, group.Name)),
                cancellation);
            var view = await WaitAsync(group, current => current.Leader != leader, cancellation);
            leader = view?.Leader ?? leader;
        }

        var outcome = await ChangeAsync(group, leader, plan.Final, configuration.Version, cancellation);
        if (outcome is not Committed<Configuration> committed)
        {
            return outcome;
        }

        var left = await WaitAsync(
            group, current => !current.Configuration.IsJoint && !plan.Leaving.Any(current.Configuration.Contains), cancellation);
        return left is null ? committed : committed with { Value = left.Configuration };
    }

    private async Task<Outcome<Configuration>> ChangeAsync(
        GroupEntry group, ReplicaId leader, IReadOnlyList<MemberChange> changes, LogIndex version, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var outcome = await leaders.AskAsync<Configuration>(
                group,
                leader,
                (name, service) => service.ChangeMembersAsync(name, MemberChangeCodec.Encode(changes, version)),
                async reply => new Committed<Configuration>(
                    (await leaders.DescribeAsync(group, cancellation)).Configuration, reply.Entry, group.Name),
                cancellation);

            // Nothing was changed by a leader that has just been elected, or that has a successor: that passes, and what went before need not be
            // undone.
            if (outcome is not Rejected<Configuration> { Reason: RejectionReason.NoLeader } || time.GetElapsedTime(since) > Patience)
            {
                return outcome;
            }

            await Task.Delay(Poll, time, cancellation);
            leader = (await leaders.DescribeAsync(group, cancellation)).Leader ?? leader;
        }
    }

    /// <summary>Waits until learners hold what was committed at the look before (thesis §4.2.1); null when they never do.</summary>
    private Task<GroupView?> WaitUntilCaughtUpAsync(GroupEntry group, List<ReplicaId> awaited, CancellationToken cancellation)
    {
        var wanted = LogIndex.Zero;
        return WaitAsync(
            group,
            view =>
            {
                var leader = view.Replicas.First(replica => replica.Replica == view.Leader).Snapshot!.Status;
                var hasCaughtUp = wanted > LogIndex.Zero && awaited.TrueForAll(replica =>
                    leader.Progress.Any(
                        progress => progress.Replica == replica && progress.State == ProgressState.Replicate && progress.MatchIndex >= wanted));
                wanted = leader.HardState.CommitIndex;
                return awaited.Count == 0 || hasCaughtUp;
            },
            cancellation);
    }

    /// <summary>Looks at a group until it has a leader, whose configuration is committed, and a condition holds; null when it never does.</summary>
    private async Task<GroupView?> WaitAsync(GroupEntry group, Func<GroupView, bool> holds, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (time.GetElapsedTime(since) < Patience)
        {
            var view = await leaders.DescribeAsync(group, cancellation);
            var leader = view.Replicas.FirstOrDefault(replica => replica.Replica == view.Leader)?.Snapshot?.Status;
            if (leader is not null && leader.Configuration.Version <= leader.HardState.CommitIndex && holds(view))
            {
                return view;
            }

            await Task.Delay(Poll, time, cancellation);
        }

        return null;
    }

    /// <summary>
    /// Where silos have stores of their own, a new replica is bound to one of them: a named silo's, or that with the fewest replicas of the group.
    /// </summary>
    private (IReadOnlyList<MemberChange> Placed, string Problem) Place(GroupEntry group, IReadOnlyList<MemberChange> joining, string? wantedSilo)
    {
        var active = silos.Active;
        if (wantedSilo is not null && active.All(place => place.Name != wantedSilo))
        {
            return (
                [], $"There is no active silo '{wantedSilo}'; the active ones are {string.Join(", ", active.Select(static place => place.Name))}.");
        }

        if (groups.Cluster.LocalStores.IsEmpty)
        {
            return wantedSilo is null
                ? (joining, "")
                : (
                    [],
                    "The replicas of this cluster keep their logs where every silo reaches them, and are spread by themselves; "
                        + $"leave the silo '{wantedSilo}' out.");
        }

        var taken = group.Configuration.Members.Select(static member => member.Store).ToList();
        var placed = new List<MemberChange>();
        foreach (var change in joining)
        {
            var store = active
                .Where(place => wantedSilo is null || place.Name == wantedSilo)
                .Select(place => silos.StoreOf(place.Address))
                .OfType<string>()
                .MinBy(candidate => taken.Count(other => other == candidate));
            if (store is null)
            {
                return ([], "No silo has reported yet which local store it holds; try again in a moment.");
            }

            taken.Add(store);
            placed.Add(change with { Store = store });
        }

        return (placed, "");
    }

    private async Task<Rejected<Configuration>?> CreateAsync(GroupEntry group, LogIndex version, MemberChange change, CancellationToken cancellation)
    {
        var host = silos.Active.Select(static place => place.Address).FirstOrDefault(
            silo => change.Store.Length == 0 || silos.StoreOf(silo) == change.Store);
        if (host is null)
        {
            return Rejected(RejectionReason.InvalidRequest, $"No running silo holds the local store '{change.Store}'; start it first.");
        }

        try
        {
            await client.Reach(host)
                .CreateReplicaAsync(new ReplicaName(group.Name, change.Replica.Value), version.Value)
                .WaitAsync(Patience, time, cancellation);
            return null;
        }
        catch (StoreRefusedException exception)
        {
            return Rejected(RejectionReason.InvalidRequest, exception.Message);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            return new Rejected<Configuration>(
                RejectionReason.NoLeader,
                null,
                TimeSpan.FromSeconds(1),
                $"The new replica's place in the store could not be made: {exception.Message} An alarm names a store that is away; "
                    + "mend or replace that, and try again.");
        }
    }

    private static Rejected<Configuration> Rejected(RejectionReason reason, string detail) => new(reason, null, TimeSpan.Zero, detail);
}
