using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Admin;

/// <summary>Raises the version at which a group's state machine works: asks its leader, which knows what its members' programs support.</summary>
internal sealed class VersionRaises(LeaderRequests leaders, TimeProvider time)
{
    // A group that slept is woken by the request, and its members have to tell its leader what they support.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Raises a version.</summary>
    /// <param name="group">Whose.</param>
    /// <param name="version">To which; null for the latest that every member's program supports.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Committed with the entry of the raise, zero when the version was in force before; or why not.</returns>
    public async Task<Outcome<EntryId>> RunAsync(GroupEntry group, int? version, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var view = await leaders.DescribeAsync(group, cancellation);
            var outcome = await leaders.AskAsync<EntryId>(
                group,
                view.Leader,
                (leader, service) => service.RaiseVersionAsync(leader, version ?? 0),
                reply => Task.FromResult<Outcome<EntryId>>(new Committed<EntryId>(reply.Entry, reply.Entry, group.Name)),
                cancellation);
            if (outcome is not Rejected<EntryId> { Reason: RejectionReason.NoLeader } || time.GetElapsedTime(since) >= Patience)
            {
                return outcome;
            }

            await Task.Delay(Pause, time, cancellation);
        }
    }
}
