using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Lab;
using OrleansRaft.Runtime;

namespace OrleansRaft.Simulation.Running;

/// <summary>Compares the states of a group's replicas as an operator does, again and again until the answer is good enough.</summary>
internal sealed class FinalComparison(LabCluster cluster, string group)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private bool hasEnded;

    /// <summary>The last answer, in words.</summary>
    public string Told { get; private set; } = "nobody answered";

    /// <summary>The last comparison; null when there is none.</summary>
    public Comparison? Last { get; private set; }

    /// <summary>Compares until a comparison is good enough.</summary>
    /// <returns>Whether one was, in time.</returns>
    public bool RunUntil(Predicate<Comparison> isEnough, TimeSpan limit)
    {
        Ask();
        var isReached = cluster.RunUntil(() => Last is { } made && isEnough(made), limit);
        hasEnded = true;
        return isReached;
    }

    /// <summary>Whether every replica that should run has made a digest: one that was not made proves nothing.</summary>
    public bool IsWhole(Comparison comparison) => cluster.ExpectedReplicasOf(group).All(replica => replica is not null
        && (replica.Driver.IsDiverged || comparison.Members.Any(member => member.Replica == replica.Key.Replica && member.Digest is not null)));

    private void Ask()
    {
        if (hasEnded || cluster.LeaderOf(group) is not { } leader)
        {
            AskSoon();
            return;
        }

        leader.Node.Perform(() =>
        {
            leader.UnquiesceIfOrphaned();
            leader.Driver.Compare(new Sink(OnAnswer));
        });
    }

    private void AskSoon()
    {
        if (!hasEnded)
        {
            cluster.Clock.Schedule(Pause, Ask);
        }
    }

    private void OnAnswer(Reply reply)
    {
        Told = reply.Detail;
        if (reply.Kind == ReplyKind.Committed)
        {
            Last = ComparisonCodec.Decode(reply.Body);
            Told = $"{Last.Entry}: {Last.Verdict}, {string.Join(", ", Last.Members.Select(Describe))}";
        }

        AskSoon();
    }

    private static string Describe(MemberDigest member) =>
        $"{member.Replica} has "
            + $"{(member.Digest is { } digest ? $"{digest} of program {digest.Program}" : member.IsHalted ? "halted" : "not answered")}";

    private sealed class Sink(Action<Reply> answer) : IReplySink
    {
        public void OnReplied(ReplyBatch batch) => answer(batch.Replies[0]);
    }
}
