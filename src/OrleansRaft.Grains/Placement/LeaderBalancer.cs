using Microsoft.Extensions.Logging;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Placement;

/// <summary>Spreads leaders over the silos, once replicas are spread: after silos came and went, those who stayed lead everything. Gently: few at a
/// time, and not to a silo that has just joined the others.</summary>
/// <remarks>Only the first silo by name does it, so that silos do not move leaders at cross purposes.</remarks>
internal sealed class LeaderBalancer(
    GroupTable groups,
    SiloClient<IReplicaService> client,
    ClusterMembership silos,
    ILocalSiloDetails self,
    TimeProvider time,
    ILogger<LeaderBalancer> logger)
{
    private const int TransfersMax = 32;
    private static readonly TimeSpan TransferTimeout = TimeSpan.FromSeconds(5);

    private readonly RetryBackoff retries = new(time);
    private readonly RecentlyJoinedSilos newcomers = new(time);

    /// <summary>Hands some leaderships over.</summary>
    /// <returns>Whether nothing is left to be handed over.</returns>
    public async Task<bool> BalanceAsync(ClusterInventory stock, CancellationToken cancellation)
    {
        if (stock.Answering.Count < 2 || !stock.Answering[0].Address.Equals(self.SiloAddress))
        {
            return true;
        }

        newcomers.Look(stock.Answering.Select(static place => place.Address));
        var transfers = Choose(stock).Take(TransfersMax).ToList();
        await Task.WhenAll(transfers.Select(transfer => CarryOutAsync(transfer, cancellation)));
        return transfers.Count == 0 && !newcomers.Any;
    }

    private IEnumerable<Transfer> Choose(ClusterInventory stock)
    {
        var led = stock.Answering.ToDictionary(place => place.Address, _ => 0);
        var leaders = new List<(ReplicaSlot Slot, SiloAddress Silo)>();
        foreach (var group in groups.AllGroups)
        {
            if (FindLeader(group, stock) is { } leader && stock.SiloOf(leader) is { } silo)
            {
                led[silo]++;
                leaders.Add((leader, silo));
            }
        }

        foreach (var (leader, silo) in leaders)
        {
            if (stock.IsHealthy(leader.Group) && retries.IsDue(leader) && FindRelief(leader, stock, led, led[silo] - 1) is { } successor)
            {
                led[silo]--;
                led[stock.SiloOf(successor)!]++;
                yield return new Transfer(leader, silo, successor);
            }
        }
    }

    private static ReplicaSlot? FindLeader(GroupEntry group, ClusterInventory stock)
    {
        ReplicaSlot? leader = null;
        foreach (var member in group.Configuration.Members)
        {
            var slot = group.Slot(member.Id);
            leader = stock.IsLeader(slot) && (leader is null || stock.Find(slot)?.Term > stock.Find(leader)?.Term) ? slot : leader;
        }

        return leader;
    }

    /// <summary>
    /// A voter that may lead as well as others, and whose state machine goes on, on the silo that leads fewest groups, fewer than
    /// <paramref name="below"/>, and is no newcomer.
    /// </summary>
    private ReplicaSlot? FindRelief(ReplicaSlot leader, ClusterInventory stock, Dictionary<SiloAddress, int> led, int below)
    {
        ReplicaSlot? relief = null;
        foreach (var member in leader.Group.Configuration.Members)
        {
            var slot = leader.Group.Slot(member.Id);
            if (slot != leader
                && member.Priority >= 0
                && leader.Group.Configuration.IsVoter(member.Id)
                && stock.Find(slot) is { IsUnfitToLead: false }
                && stock.SiloOf(slot) is { } silo
                && !newcomers.Contains(silo)
                && led[silo] < below)
            {
                (relief, below) = (slot, led[silo]);
            }
        }

        return relief;
    }

    private async Task CarryOutAsync(Transfer transfer, CancellationToken cancellation)
    {
        var (leader, from, to) = transfer;
        var key = new ReplicaKey(leader.Group.Name, leader.Replica);
        try
        {
            var answer = await client.Reach(from)
                .TransferLeadershipAsync(new ReplicaName(leader.Group.Name, leader.Replica.Value), to.Replica.Value)
                .WaitAsync(TransferTimeout, time, cancellation);
            if (answer.Length > 0 && RequestCodec.DecodeReplies(answer).Replies[0].Kind == ReplyKind.Committed)
            {
                retries.Succeeded(leader);
                Log.Balanced(logger, key, silos.NameOf(from), to.Replica);
                return;
            }
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            Log.BalanceFailed(logger, exception, key, to.Replica);
        }

        retries.Failed(leader);
    }

    private sealed record Transfer(ReplicaSlot Leader, SiloAddress From, ReplicaSlot To);
}
