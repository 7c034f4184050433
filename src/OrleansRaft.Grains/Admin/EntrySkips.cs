using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Admin;

/// <summary>
/// Lets a group pass over the entry that halts it: asks every replica whether it has applied the entry, and then the leader, which must be halted
/// there.
/// </summary>
internal sealed class EntrySkips(LeaderRequests leaders, TimeProvider time)
{
    // A halted leader hands its leadership over now and then, and tries again to apply the entry.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Skips an entry.</summary>
    /// <param name="group">Whose.</param>
    /// <param name="entry">Which.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Committed with the entry of the decision, zero when that was made before; or why not.</returns>
    public async Task<Outcome<EntryId>> RunAsync(GroupEntry group, LogIndex entry, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var outcome = await TryAsync(group, entry, cancellation);
            if (outcome is not Rejected<EntryId> { Reason: RejectionReason.NoLeader } || time.GetElapsedTime(since) >= Patience)
            {
                return outcome;
            }

            await Task.Delay(Pause, time, cancellation);
        }
    }

    private async Task<Outcome<EntryId>> TryAsync(GroupEntry group, LogIndex entry, CancellationToken cancellation)
    {
        var view = await leaders.DescribeAsync(group, cancellation);
        if (view.Skipped.Contains(entry))
        {
            return new Committed<EntryId>(EntryId.Zero, EntryId.Zero, group.Name);
        }

        if (Refuse(view, entry) is { } refusal)
        {
            return new Rejected<EntryId>(RejectionReason.InvalidRequest, null, TimeSpan.Zero, refusal);
        }

        return await leaders.AskAsync<EntryId>(
            group,
            view.Leader,
            (leader, service) => service.SkipEntryAsync(leader, entry.Value),
            reply => Task.FromResult<Outcome<EntryId>>(new Committed<EntryId>(reply.Entry, reply.Entry, group.Name)),
            cancellation);
    }

    /// <summary>Why an entry is not skipped, as far as the replicas that answered know; null when nothing speaks against it.</summary>
    internal static string? Refuse(GroupView view, LogIndex entry)
    {
        var halted = view.Replicas.Where(static replica => replica.Snapshot?.HaltedAt is not null).ToList();
        if (!halted.Exists(replica => replica.Snapshot!.HaltedAt!.Value.Index == entry))
        {
            return halted is [var other, ..]
                ? $"No replica of {view.Group} is halted at entry {entry}: replica {other.Replica} is, "
                    + $"at entry {other.Snapshot!.HaltedAt!.Value.Index}. Only the entry that halts a group can be skipped; "
                    + "`oraft group show` tells which that is."
                : $"No replica of {view.Group} that answers is halted at an entry, so nothing is skipped. `oraft status` lists what is wrong.";
        }

        return view.Replicas.FirstOrDefault(replica => HasApplied(replica, entry)) is { } applied
            ? $"Replica {applied.Replica} of {view.Group}{(applied.Silo is { } silo ? $" on {silo}" : "")} "
                + $"has applied entry {entry}, so it is not skipped: what that replica made of it may have been served. "
                + "Start the program that it runs on the silos of the others; "
                + $"until then `oraft group transfer {view.Group} {applied.Replica}` lets it lead."
            : null;
    }

    private static bool HasApplied(ReplicaView replica, LogIndex entry) =>
        replica.Snapshot is { } told && told.Status.AppliedIndex >= entry && !told.Skipped.Contains(entry);
}
