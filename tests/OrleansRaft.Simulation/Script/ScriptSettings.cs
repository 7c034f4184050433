using System.Text;
using OrleansRaft.Core;

namespace OrleansRaft.Simulation.Script;

/// <summary>Reads what new nodes are like.</summary>
internal static class ScriptSettings
{
    /// <summary>Nothing that a script did not ask for happens by itself or is limited.</summary>
    public static RaftSettings Read(ScriptRequest request) => new()
    {
        HeartbeatTicks = 1,
        ElectionTicksMin = 3,
        ElectionTicksMax = 5,
        TransferTicksMax = 2,
        PreVote = request.Flag("prevote"),
        CheckQuorum = request.Flag("checkquorum"),
        StepDownOnRemoval = request.Flag("stepDownOnRemoval"),
        OrderedTransport = true,
        InflightMessagesMax = request.OptionalNumber("inflight", 1, int.MaxValue) ?? int.MaxValue,
        InflightBytesMax = int.MaxValue,
        AppendBytesMax = int.MaxValue,
        UncommittedBytesMax = long.MaxValue,
        ApplyBytesMax = int.MaxValue,
        SnapshotChunkBytes = int.MaxValue,
        KeptEntries = int.MaxValue,
        KeptBytesMax = long.MaxValue,
        StorageStallTicks = int.MaxValue,
        QuiesceTicks = 0,
    };

    /// <summary>
    /// The snapshot that new nodes start from. Its term is that of nodes that have seen nothing yet: a log never ends in a term later than the
    /// current one.
    /// </summary>
    public static (SnapshotDescriptor Snapshot, ReadOnlyMemory<byte> Content) ReadSnapshot(ScriptRequest request)
    {
        ReplicaId[] voters = Ids(request.Nodes("voters"));
        ReplicaId[] learners = Ids(request.Nodes("learners"));
        var content = Encoding.UTF8.GetBytes(request.OptionalText("content") ?? "");
        if (request.OptionalNumber("index", 0, int.MaxValue) is not ({ } index and > 0))
        {
            return voters.Length + learners.Length == 0
                ? (SnapshotDescriptor.Initial(Of([], [])), content)
                : throw new ScriptException("Nodes with voters or learners start from a snapshot: the field 'index' says at which index.");
        }

        if (voters.Intersect(learners).Any())
        {
            throw new ScriptException("A node is either a voter or a learner.");
        }

        return (new SnapshotDescriptor(new EntryId(Term.Zero, new LogIndex(index)), LogTime.Zero, Of(voters, learners), content.Length), content);
    }

    private static ReplicaId[] Ids(IReadOnlyList<int>? nodes) => [.. (nodes ?? []).Distinct().Order().Select(id => new ReplicaId(id))];

    private static Configuration Of(ReplicaId[] voters, ReplicaId[] learners) => new()
    {
        Members = [.. voters.Concat(learners).Order().Select(id => new Member(id, LogIndex.Zero))],
        Voters = [.. voters],
        Learners = [.. learners],
    };
}
