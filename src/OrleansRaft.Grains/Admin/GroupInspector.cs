using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Grains.Admin;

/// <summary>Asks the replicas of some groups what they are at, one call to each silo.</summary>
internal sealed class GroupInspector(
    ClusterMembership silos, Locator locator, SiloClient<IReplicaService> client, IFaultSource faults, TimeProvider time)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Describes groups; a replica that does not answer is described by why.</summary>
    public async Task<IReadOnlyList<GroupView>> DescribeAsync(IReadOnlyList<GroupEntry> groups, CancellationToken cancellation)
    {
        var members = groups.SelectMany(Members).ToList();
        if (members.FindAll(static slot => slot.Silo is null) is { Count: > 0 } lost)
        {
            await locator.LocateAsync(lost);
        }

        var answers = await Task.WhenAll(members
            .Where(static slot => slot.Silo is not null)
            .GroupBy(static slot => slot.Silo!)
            .Select(onSilo => AskAsync(onSilo.Key, [.. onSilo], cancellation)));
        var views = answers.SelectMany(static answer => answer).ToDictionary(static answer => answer.Slot, static answer => answer.View);
        return [.. groups.Select(group => Describe(group, [.. Members(group).Select(slot => views.GetValueOrDefault(slot) ?? Homeless(slot))]))];
    }

    private static IEnumerable<ReplicaSlot> Members(GroupEntry group) => group.Configuration.Members.Select(member => group.Slot(member.Id));

    private static GroupView Describe(GroupEntry group, ReplicaView[] replicas)
    {
        var term = Term.Zero;
        ReplicaId? leader = null;
        foreach (var replica in replicas)
        {
            if (replica.Snapshot?.Status is { } status && status.HardState.CurrentTerm >= term)
            {
                leader = status.Role == RaftRole.Leader ? replica.Replica : status.HardState.CurrentTerm > term ? null : leader;
                term = status.HardState.CurrentTerm;
            }
        }

        var told = replicas.FirstOrDefault(replica => replica.Replica == leader)?.Snapshot?.Status.Configuration;
        return new GroupView(group.Name, group.Set.Name, group.Number, leader, term, replicas, told ?? group.Configuration)
        {
            InitialVoters = group.Set.Replicas,
            Recovery = group.Recovery,
        };
    }

    private static ReplicaView Homeless(ReplicaSlot slot) => new(slot.Replica, null, null, null, "No silo hosts this replica at the moment.");

    private async Task<IReadOnlyList<(ReplicaSlot Slot, ReplicaView View)>> AskAsync(
        SiloAddress silo, List<ReplicaSlot> slots, CancellationToken cancellation)
    {
        var name = silos.NameOf(silo);
        try
        {
            ReplicaName[] wanted = [.. slots.Select(static slot => new ReplicaName(slot.Group.Name, slot.Replica.Value))];
            var reports = await client.Reach(silo).InspectAsync(wanted).WaitAsync(AnswerTimeout, time, cancellation);
            var byName = reports.ToDictionary(static report => report.Name);
            return
            [
                .. slots.Select(
                    slot => (slot, View(slot, silo, name, byName.GetValueOrDefault(new ReplicaName(slot.Group.Name, slot.Replica.Value))))),
            ];
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            var problem = $"{name} did not answer: {exception.Message}";
            return [.. slots.Select(slot => (slot, new ReplicaView(slot.Replica, name, silo.ToString(), null, problem)))];
        }
    }

    private ReplicaView View(ReplicaSlot slot, SiloAddress silo, string name, ReplicaReport? report)
    {
        if (report is not null)
        {
            return new ReplicaView(slot.Replica, name, silo.ToString(), report.ToSnapshot(), "");
        }

        if (faults.FaultsOf(slot) is { IsPaused: true })
        {
            return new ReplicaView(slot.Replica, name, silo.ToString(), null, "A fault pauses this replica.");
        }

        return slot.Local is null && slot.Silo is { } known && !known.Equals(silo)
            ? Homeless(slot)
            : new ReplicaView(slot.Replica, name, silo.ToString(), null, $"The replica is not running on {name} yet, or no more.");
    }
}
