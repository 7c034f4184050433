using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;

namespace OrleansRaft.Grains.Events;

/// <summary>The cluster at about one moment: who hosts and leads what.</summary>
/// <param name="Silos">The names of the active silos.</param>
/// <param name="Groups">All groups.</param>
internal sealed record ClusterState(IReadOnlyList<string> Silos, IReadOnlyList<GroupPicture> Groups)
{
    internal static ClusterState Of(
        IReadOnlyList<GroupEntry> groups, IReadOnlyList<string> silos, IReadOnlyList<(string Silo, Inventory Inventory)> inventories)
    {
        var found = new Dictionary<string, List<(string Silo, InventoryItem Item)>>(StringComparer.Ordinal);
        foreach (var (silo, inventory) in inventories)
        {
            foreach (var item in inventory.Replicas)
            {
                if (!found.TryGetValue(item.Group, out var items))
                {
                    found.Add(item.Group, items = []);
                }

                items.Add((silo, item));
            }
        }

        return new ClusterState(silos, [.. groups.Select(group => Of(group, found.GetValueOrDefault(group.Name) ?? []))]);
    }

    private static GroupPicture Of(GroupEntry group, List<(string Silo, InventoryItem Item)> found)
    {
        var configuration = group.Configuration;
        var leader = found.Where(static one => one.Item.IsLeader)
            .OrderByDescending(static one => one.Item.Term)
            .Select(static one => one.Item)
            .FirstOrDefault();
        ReplicaPicture Of(ReplicaId replica)
        {
            var activation = found.Where(one => one.Item.Replica == replica.Value).OrderByDescending(static one => one.Item.Epoch).FirstOrDefault();
            var isHere = activation.Silo is not null && activation.Item.IsRunning;
            return new ReplicaPicture(
                replica.Value, activation.Silo, isHere ? activation.Item.Role : null, configuration.Learners.Contains(replica), activation.Item.Term);
        }

        return new GroupPicture(
            group.Name,
            leader.Replica == 0 ? null : leader.Replica,
            found.Count == 0 ? 0 : found.Max(static one => one.Item.Term),
            [.. configuration.Members.Select(member => Of(member.Id))]);
    }
}

/// <summary>A group of a <see cref="ClusterState"/>.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Leader">The replica that leads in the highest term, if any does.</param>
/// <param name="Term">The highest term of any replica.</param>
/// <param name="Replicas">Its members, by id.</param>
internal sealed record GroupPicture(string Group, long? Leader, long Term, IReadOnlyList<ReplicaPicture> Replicas);

/// <summary>A replica of a <see cref="ClusterState"/>.</summary>
/// <param name="Replica">Its id.</param>
/// <param name="Silo">The silo that hosts it; null when none that answers does.</param>
/// <param name="Role">What it does; null when it does not run.</param>
/// <param name="IsLearner">Whether it has no vote.</param>
/// <param name="Term">Its term.</param>
internal sealed record ReplicaPicture(long Replica, string? Silo, RaftRole? Role, bool IsLearner, long Term);
