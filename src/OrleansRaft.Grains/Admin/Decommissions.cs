using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Admin;

/// <summary>Lets a silo leave for good: what is bound to its local store goes to others' first, and nobody waits for its return.</summary>
internal sealed class Decommissions(
    GroupTable groups, ClusterMembership silos, MembershipChanger members, SiloClient<IDepartureService> client, TimeProvider time)
{
    // A request does not take longer than people wait; it is sent again for the rest.
    private static readonly TimeSpan MovingMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Takes the next step.</summary>
    /// <param name="silo">The silo's name.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task<Outcome<Decommissioning>> RunAsync(string silo, CancellationToken cancellation)
    {
        var active = silos.Active;
        var others = active.Where(place => place.Name != silo).ToList();
        if (others.Count == active.Count)
        {
            return Rejected($"There is no active silo '{silo}'; the active ones are {string.Join(", ", active.Select(static place => place.Name))}.");
        }

        if (others.Count == 0)
        {
            return Rejected($"'{silo}' is the only silo: none would be left to serve. To end the cluster, stop the silo.");
        }

        var leaving = active.First(place => place.Name == silo);
        if (!groups.Cluster.LocalStores.IsEmpty && silos.StoreOf(leaving.Address) is null)
        {
            return new Rejected<Decommissioning>(
                RejectionReason.NoLeader, null, TimeSpan.FromSeconds(1), $"{silo} has not reported its local store yet; try again in a moment.");
        }

        var bound = groups.Cluster.LocalStores.IsEmpty ? [] : BoundTo(silos.StoreOf(leaving.Address)!);
        var since = time.GetTimestamp();
        var moved = 0;
        foreach (var (group, member) in bound)
        {
            if (moved > 0 && time.GetElapsedTime(since) > MovingMax)
            {
                return new Committed<Decommissioning>(new Decommissioning(silo, moved, bound.Count - moved, IsLeaving: false), default, "");
            }

            if (await MoveAsync(group, member, others, cancellation) is { } failure)
            {
                return failure;
            }

            moved++;
        }

        await TellAsync(leaving.Address, others, cancellation);
        return new Committed<Decommissioning>(new Decommissioning(silo, moved, 0, IsLeaving: true), default, "");
    }

    private static Rejected<Decommissioning> Rejected(string detail) => new(RejectionReason.InvalidRequest, null, TimeSpan.Zero, detail);

    private List<(GroupEntry Group, Member Member)> BoundTo(string store) =>
    [
        .. from entry in groups.AllGroups
           from member in entry.Configuration.Members
           where member.Store == store
           select (entry, member),
    ];

    /// <returns>Why it could not be moved; null when it is, or was removed meanwhile.</returns>
    private async Task<Outcome<Decommissioning>?> MoveAsync(
        GroupEntry group, Member member, List<SiloPlace> others, CancellationToken cancellation)
    {
        var taken = group.Configuration.Members.Select(static other => other.Store).ToHashSet(StringComparer.Ordinal);
        var target = others.FirstOrDefault(place => silos.StoreOf(place.Address) is { } store && !taken.Contains(store));
        if (group.Configuration.IsVoter(member.Id) && target == default)
        {
            return Rejected(
                $"Every other silo holds a replica of {group.Name} already, so that replica {member.Id} has nowhere to go. Start another silo first, "
                + $"or give the group fewer voters with `oraft member remove {group.Name} {member.Id}`.");
        }

        MembershipGoal goal = group.Configuration.IsVoter(member.Id)
            ? new AddMember { Replaces = member.Id, Silo = target.Name }
            : new RemoveMember(member.Id);
        return await members.RunAsync(group, goal, null, cancellation) switch
        {
            Rejected<Configuration> rejected => new Rejected<Decommissioning>(rejected.Reason, rejected.Leader, rejected.RetryAfter, rejected.Detail),
            Unknown<Configuration> unknown =>
                new Unknown<Decommissioning>($"{unknown.Detail} Send the request again: it goes on where this one stopped."),
            _ => null,
        };
    }

    private async Task TellAsync(SiloAddress leaving, List<SiloPlace> others, CancellationToken cancellation)
    {
        // Who is not told waits for the silo's return, as for any that stops: what it hosted comes to life elsewhere half a minute later.
        await Task.WhenAll(others.Select(async place =>
        {
            try
            {
                await client.Reach(place.Address).DismissAsync(leaving).WaitAsync(CallTimeout, time, cancellation);
            }
            catch (Exception) when (!cancellation.IsCancellationRequested)
            {
                return;
            }
        }));
        await client.Reach(leaving).LeaveAsync().WaitAsync(CallTimeout, time, cancellation);
    }
}
