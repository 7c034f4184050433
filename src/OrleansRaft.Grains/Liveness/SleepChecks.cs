using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Grains.Liveness;

/// <summary>Compares how the replicas of a group sleep on two silos, and wakes those that do not sleep alike: one of them has missed something.</summary>
/// <remarks>
/// Replicas that sleep in the same term, under the same leader, with the same end of their logs hold the same logs. Whatever else is found is no proof that
/// something is wrong: whoever is woken asks around, or sends a heartbeat, and falls asleep again.
/// </remarks>
internal sealed class SleepChecks(GroupTable groups, LaneClient client, LinkFaults faults, TimeProvider time)
{
    private const int ClaimsMax = 1_024;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Compares every group that sleeps here and has a member on another silo.</summary>
    /// <exception cref="TimeoutException">The other silo did not answer in time; others may be thrown as well. The comparison must be repeated.</exception>
    public async Task CompareAsync(SiloAddress target)
    {
        foreach (var page in groups.Hosted.Where(replica => replica.Quiescence is not null && HasMemberOn(replica.Slot.Group, target)).Chunk(ClaimsMax))
        {
            if (faults.IsCut(target))
            {
                throw new TimeoutException($"The link to {target} is cut.");
            }

            var claims = Array.ConvertAll(page, ClaimOf);
            var differing = await client.Get(target).CompareSleepAsync(claims).WaitAsync(AnswerTimeout, time);
            foreach (var place in differing)
            {
                page[place].Driver.Unquiesce(isLeaderLost: false);
            }
        }
    }

    /// <summary>Compares the claims of another silo with what sleeps here, and wakes what sleeps otherwise.</summary>
    /// <returns>The places of the claims that do not hold here.</returns>
    public int[] Compare(SleepClaim[] claims)
    {
        var differing = new List<int>();
        for (var place = 0; place < claims.Length; place++)
        {
            if (!Holds(claims[place]))
            {
                differing.Add(place);
            }
        }

        return [.. differing];
    }

    private static bool HasMemberOn(GroupEntry group, SiloAddress silo)
    {
        foreach (var slot in group.Slots)
        {
            if (silo.Equals(slot.Silo))
            {
                return true;
            }
        }

        return false;
    }

    private static SleepClaim ClaimOf(ILocalReplica replica) => new(
        replica.Key.Group,
        replica.Role.Leader?.Value ?? 0,
        replica.Role.Term.Value,
        replica.Quiescence is { } sleep && replica.MaySpeak ? sleep.LastEntry.Index.Value : -1);

    private bool Holds(in SleepClaim claim)
    {
        var isFound = false;
        var holds = true;
        foreach (var slot in groups.Find(claim.Group)?.Slots ?? [])
        {
            if (slot.Local is not { IsRunning: true } replica)
            {
                continue;
            }

            isFound = true;
            if (ClaimOf(replica) != claim)
            {
                replica.Driver.Unquiesce(isLeaderLost: false);
                holds = false;
            }
        }

        return isFound && holds && claim.LastIndex >= 0;
    }
}
