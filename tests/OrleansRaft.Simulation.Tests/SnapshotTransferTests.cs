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

    public static TheoryData<string> Interruptions => ["receiver crashes", "sender crashes", "another leads", "newer snapshot", "disk is full"];

    /// <summary>
    /// Whatever interrupts a transfer, at whichever of its chunks: the follower ends with the state of the others, and with nothing of two captures.
    /// </summary>
    [Theory]
    [MemberData(nameof(Interruptions))]
    public void A_transfer_that_is_interrupted_at_any_chunk_ends_with_the_whole_state(string how)
    {
        const int ChunkBytes = 128;
        var chunks = 0;
        for (var chunk = 0; chunk == 0 || chunk < chunks; chunk++)
        {
            var machines = new Dictionary<ReplicaKey, WordSet>();
            using var cluster = new LabCluster(new LabOptions
            {
                Raft = new RaftOptions
                {
                    SnapshotThresholdBytes = 1_024,
                    SnapshotChunkBytes = ChunkBytes,
                    KeptEntries = 0,
                    KeptBytesMax = 0,
                    QuiesceTicks = 0,
                    RoundBytesMin = 0,
                },
                StateMachine = (key, _) => new StateMachineHost<string, string>(
                    machines[key] = new WordSet(isReversed: key.Replica.Value % 2 == 0), new TextCodec(), new TextCodec()),
            });
            cluster.RunUntil(() => cluster.LeaderOf(Group) is not null, Soon).ShouldBeTrue();
            var sender = cluster.LeaderOf(Group)!;
            LabReplica[] others = [.. cluster.ReplicasOf(Group).Where(replica => replica != sender)];
            var receiver = others[0];
            cluster.Network.Isolate(receiver.Node.Index);
            for (var key = 0; key < Keys || SnapshotOf(sender) != SnapshotOf(others[1]) || SnapshotOf(sender) == EntryId.Zero; key++)
            {
                key.ShouldBeLessThan(10 * Keys, "the two capture at the same entries");
                Submit(cluster, key);
            }

            var snapshot = sender.Driver.Inspect().Status.Snapshot;
            chunks = (int)((snapshot.SizeBytes + ChunkBytes - 1) / ChunkBytes);
            chunks.ShouldBeGreaterThan(8);
            var isThere = false;
            cluster.Observer = what => isThere |= what is LabMessageSent { Message: InstallSnapshot install } sent
                && sent.To == receiver.Key.Replica && install.Offset == chunk * (long)ChunkBytes;
            cluster.Heal();
            cluster.RunUntil(() => isThere, Soon).ShouldBeTrue();
            cluster.Observer = null;

            Interrupt(how, cluster, sender, receiver);

            cluster.RunUntil(() => HasCaughtUp(cluster, receiver.Key.Replica, Keys), Soon).ShouldBeTrue($"{how} at chunk {chunk} of {chunks}");
            var words = machines[cluster.LeaderOf(Group)!.Key].Words;
            words.Count.ShouldBeGreaterThanOrEqualTo(Keys);
            machines[receiver.Key].Words.ShouldBe(words, ignoreOrder: true, $"{how} at chunk {chunk} of {chunks}");
            cluster.Violation.ShouldBeNull();
        }
    }

    /// <summary>
    /// A machine that writes other bytes for an equal state cannot be compared: the replica that differs is named, its state is replaced once, and
    /// then it serves nothing more. The others go on.
    /// </summary>
    [Fact]
    public void A_machine_that_writes_other_bytes_for_an_equal_state_is_named_and_its_replica_alone_stops()
    {
        var told = new List<(ReplicaKey Replica, string Detail)>();
        using var cluster = new LabCluster(new LabOptions
        {
            Raft = new RaftOptions { CompareEntries = 8, QuiesceTicks = 0, RoundBytesMin = 0 },
            StateMachine = static (key, _) => new StateMachineHost<string, string>(
                new WordSet(isReversed: key.Replica.Value == 3), new TextCodec(), new TextCodec()),
        });
        cluster.Diverged = (replica, detail) => told.Add((replica.Key, detail));
        cluster.RunUntil(() => cluster.LeaderOf(Group) is { } leader && leader.Key.Replica.Value != 3, Soon).ShouldBeTrue();

        for (var key = 0; key < Keys; key++)
        {
            Submit(cluster, key);
        }

        var other = cluster.ReplicasOf(Group).Single(static replica => replica.Key.Replica.Value == 3);
        cluster.RunUntil(() => told.Any(one => one.Replica == other.Key && one.Detail.Contains("it did before", StringComparison.Ordinal)), Soon)
            .ShouldBeTrue();
        other.Driver.IsDiverged.ShouldBeTrue();
        told.ShouldContain(one => one.Replica == other.Key && one.Detail.Contains("differs from what a majority", StringComparison.Ordinal));
        cluster.ReplicasOf(Group).Count(static replica => replica.Driver.IsDiverged).ShouldBe(1);
        Submit(cluster, 1_000);
        cluster.Violation.ShouldBeNull();
    }

    private static void Interrupt(string how, LabCluster cluster, LabReplica sender, LabReplica receiver)
    {
        var pause = TimeSpan.FromMilliseconds(300);
        switch (how)
        {
            case "receiver crashes":
                receiver.Node.Crash();
                cluster.Run(pause);
                receiver.Node.Restart();
                break;
            case "sender crashes":
                sender.Node.Crash();
                cluster.RunUntil(() => cluster.LeaderOf(Group) is not null, Soon).ShouldBeTrue();
                sender.Node.Restart();
                break;
            case "another leads":
                cluster.Network.Isolate(sender.Node.Index);
                cluster.RunUntil(() => cluster.LeaderOf(Group) is { } second && second != sender, Soon).ShouldBeTrue();
                cluster.Run(pause);
                cluster.Heal();
                break;
            case "newer snapshot":
                cluster.Network.Isolate(receiver.Node.Index);
                var before = SnapshotOf(sender);
                for (var key = 1_000; SnapshotOf(cluster.LeaderOf(Group)!) == before; key++)
                {
                    Submit(cluster, key);
                }

                cluster.Heal();
                break;
            default:
                receiver.Node.Disk.IsFull = true;
                cluster.Run(pause);
                receiver.Node.Disk.IsFull = false;
                break;
        }
    }

    private static bool HasCaughtUp(LabCluster cluster, ReplicaId receiver, int least) =>
        cluster.LeaderOf(Group) is { } leader
        && leader.AppliedIndex.Value > least
        && cluster.ReplicasOf(Group).FirstOrDefault(replica => replica.Key.Replica == receiver)?.AppliedIndex == leader.AppliedIndex;

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
