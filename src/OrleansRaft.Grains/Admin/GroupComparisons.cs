using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Grains.Admin;

/// <summary>
/// Compares the states of a group's replicas: asks the leader, and adds what the others say of themselves where they made no digest.
/// </summary>
internal sealed class GroupComparisons(LeaderRequests leaders, TimeProvider time)
{
    // An election may be under way, or a change of members.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // A little longer than a leader waits for digests.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(25);

    /// <summary>Compares.</summary>
    /// <param name="group">The group.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Committed with the comparison, whatever it says; or why there is none.</returns>
    public async Task<Outcome<GroupComparison>> RunAsync(GroupEntry group, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        while (true)
        {
            var view = await leaders.DescribeAsync(group, cancellation);
            var outcome = await leaders.AskAsync<GroupComparison>(
                group,
                view.Leader,
                static (leader, service) => service.CompareAsync(leader),
                reply => ConcludeAsync(group, reply, cancellation),
                cancellation,
                AnswerTimeout);
            if (outcome is not Rejected<GroupComparison> { Reason: RejectionReason.NoLeader } || time.GetElapsedTime(since) >= Patience)
            {
                return outcome;
            }

            await Task.Delay(Pause, time, cancellation);
        }
    }

    private async Task<Outcome<GroupComparison>> ConcludeAsync(GroupEntry group, Reply reply, CancellationToken cancellation)
    {
        var comparison = ComparisonCodec.Decode(reply.Body);
        var view = await leaders.DescribeAsync(group, cancellation);
        var replicas = comparison.Members.Select(member => Describe(member, comparison, view)).ToList();
        return new Committed<GroupComparison>(
            new GroupComparison(group.Name, comparison.Entry, comparison.Verdict, replicas, ComparisonText.Of(group.Name, comparison)),
            comparison.Entry,
            group.Name);
    }

    private static ReplicaComparison Describe(MemberDigest member, Comparison comparison, GroupView view)
    {
        var described = view.Replicas.FirstOrDefault(replica => replica.Replica == member.Replica);
        return new ReplicaComparison(
            member.Replica,
            described?.Silo,
            member.IsVoter,
            member.Digest,
            member.Digest is { } digest && comparison.Majority is { } right && digest.IsComparableTo(right) ? digest == right : null,
            member.Digest is null ? Problem(member, described) : "");
    }

    private static string Problem(MemberDigest member, ReplicaView? described) =>
        described is { Snapshot: null, Problem: { Length: > 0 } problem } ? problem
        : described?.Snapshot?.HaltCause is { } cause ? $"Its state machine is halted: {cause}"
        : member.IsHalted ? "Its state machine went no further at that moment."
        : "It did not answer its leader in time.";
}
