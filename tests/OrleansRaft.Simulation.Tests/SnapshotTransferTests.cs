using System.Buffers;
using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Lab;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Simulation.Tests;

/// <summary>Snapshots of a state machine that writes equal states in different orders, as every set that is kept by hashes may.</summary>
public sealed class SnapshotTransferTests
{
    private const string Group = "group-0";
    private const int Keys = 60;
    private const int WordBytes = 9;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [Fact]
    public void Rule_48_A_snapshot_that_another_leader_goes_on_sending_is_restored_whole()
    {
        var machines = new List<WordSet>();
        using var cluster = new LabCluster(new LabOptions
        {
            Raft = new RaftOptions
            {
                SnapshotThresholdBytes = 1_024,
                SnapshotChunkBytes = 32,
                KeptEntries = 0,
                KeptBytesMax = 0,
                QuiesceTicks = 0,
                RoundBytesMin = 0,
            },
            StateMachine = (_, _) =>
            {
                machines.Add(new WordSet(isReversed: machines.Count % 2 == 1));
                return new StateMachineHost<string, string>(machines[^1], new TextCodec(), new TextCodec());
            },
        });
        cluster.RunUntil(() => cluster.LeaderOf(Group) is not null, Soon).ShouldBeTrue();
        var first = cluster.LeaderOf(Group)!;
        LabReplica[] others = [.. cluster.ReplicasOf(Group).Where(replica => replica != first)];
        var behind = others[0];
        cluster.Network.Isolate(behind.Node.Index);
        for (var key = 0; key < Keys || SnapshotOf(first) != SnapshotOf(others[1]) || SnapshotOf(first) == EntryId.Zero; key++)
        {
            key.ShouldBeLessThan(10 * Keys, "the two capture at the same entries");
            Submit(cluster, key);
        }

        // The words come last. Half of them arrive from the first leader, and the rest from the other one.
        cluster.Heal();
        var isHalfThere = false;
        cluster.Observer = what => isHalfThere |= what is LabMessageSent { Message: InstallSnapshot install } sent
            && sent.From == first.Key.Replica && install.Offset > install.Snapshot.SizeBytes - (WordBytes * Keys / 4);
        cluster.RunUntil(() => isHalfThere, Soon).ShouldBeTrue();
        cluster.Network.Isolate(first.Node.Index);

        cluster.RunUntil(
            () =>
                cluster.LeaderOf(Group) is { } second
                    && second != first
                    && behind.AppliedIndex == second.AppliedIndex
                    && second.AppliedIndex > SnapshotOf(first).Index,
            Soon).ShouldBeTrue();

        var machine = machines[(int)behind.Key.Replica.Value - 1];
        machine.Restores.ShouldBe(1, "it came from a snapshot");
        machine.Words.ShouldBe(machines[(int)others[1].Key.Replica.Value - 1].Words, ignoreOrder: true);
        cluster.Violation.ShouldBeNull();
    }

    private static EntryId SnapshotOf(LabReplica replica) => replica.Driver.Inspect().Status.Snapshot.LastIncluded;

    private static void Submit(LabCluster cluster, int key)
    {
        var sink = new Sink();
        var word = $"word-{key:000}";
        cluster.LeaderOf(Group)!.Driver.Submit(
            [
                CommandEnvelopeCodec.Encode(
                    CommandEnvelope.ForRequest(
                        "k", Encoding.UTF8.GetBytes(word), new LogTime((long)(cluster.Clock.Now + Soon).TotalMilliseconds), word)),
            ],
            sink);
        cluster.RunUntil(() => sink.IsAnswered, Soon).ShouldBeTrue();
    }

    private sealed class Sink : IReplySink
    {
        public bool IsAnswered { get; private set; }

        public void OnReplied(ReplyBatch batch) => IsAnswered = batch.Replies[0].Kind == ReplyKind.Committed;
    }

    private sealed class WordSet(bool isReversed) : IStateMachine<string, string>
    {
        private readonly SortedSet<string> words = new(StringComparer.Ordinal);

        public IReadOnlyCollection<string> Words => words;

        public int Restores { get; private set; }

        public void Apply(ReadOnlySpan<Command<string>> commands, Span<string> results)
        {
            for (var i = 0; i < commands.Length; i++)
            {
                words.Add(commands[i].Value);
                results[i] = "";
            }
        }

        public string Query(in Command<string> query) => "";

        public void Capture(IBufferWriter<byte> output)
        {
            foreach (var word in isReversed ? words.Reverse() : words)
            {
                new WireWriter(output).WriteString(word);
            }
        }

        public void Restore(ReadOnlyMemory<byte> snapshot)
        {
            words.Clear();
            Restores += snapshot.IsEmpty ? 0 : 1;
            var reader = new WireReader(snapshot);
            while (reader.Remaining > 0)
            {
                words.Add(reader.ReadString());
            }
        }
    }

    private sealed class TextCodec : ICommandCodec<string>
    {
        public void Write(string value, IBufferWriter<byte> output) => output.Write(Encoding.UTF8.GetBytes(value));

        public string Read(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
    }
}
