using System.Buffers;
using System.Text;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>A group in memory whose every step the test decides. Messages pass through the codec; nothing happens by itself.</summary>
internal sealed class TestGroup
{
    private readonly Dictionary<int, TestReplica> replicas = [];
    private readonly HashSet<(int From, int To)> cut = [];

    public TestGroup(int voters, Func<RaftSettings, RaftSettings>? configure = null)
        : this(Configuration.OfVoters(voters), configure)
    {
    }

    public TestGroup(Configuration configuration, Func<RaftSettings, RaftSettings>? configure = null)
    {
        Settings = (configure ?? (settings => settings))(new RaftSettings { QuiesceTicks = 0, ApplyBytesMax = 1024 * 1024 });
        foreach (var member in configuration.Members)
        {
            Add((int)member.Id.Value, configuration);
        }
    }

    public RaftSettings Settings { get; }

    public MonotonicTime Now { get; set; }

    public List<Envelope> Network { get; } = [];

    public TestReplica this[int id] => replicas[id];

    public static ReplicaId Replica(int id) => new(id);

    public static LogIndex Index(long index) => new(index);

    public static EntryId Entry(long term, long index) => new(new Term(term), new LogIndex(index));

    public TestReplica Add(int id, Configuration initial) => replicas[id] = new TestReplica(this, id, new TestDisk(initial));

    /// <summary>Stops messages in both directions between a replica and others; everybody else when none are named.</summary>
    public void Isolate(int id, params int[] from)
    {
        foreach (var other in from.Length == 0 ? replicas.Keys.Where(key => key != id) : from)
        {
            cut.Add((id, other));
            cut.Add((other, id));
        }
    }

    public void CutOneWay(int from, int to) => cut.Add((from, to));

    public void Heal() => cut.Clear();

    public void Post(int from, Send send)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageCodec.Encode(send.Message, output);
        Network.Add(new Envelope(from, (int)send.To.Value, MessageCodec.Decode(output.WrittenMemory)));
    }

    /// <summary>Takes the messages on their way that a test wants to deliver itself, or lose.</summary>
    public List<Envelope> Take(Predicate<Envelope> match)
    {
        var taken = Network.FindAll(match);
        Network.RemoveAll(match);
        return taken;
    }

    public void Deliver(Envelope envelope)
    {
        if (!cut.Contains((envelope.From, envelope.To)) && replicas.TryGetValue(envelope.To, out var replica) && !replica.IsDown)
        {
            replica.Step(new Receive(Replica(envelope.From), envelope.Message));
        }
    }

    /// <summary>Delivers everything, and everything that follows from it, in the order of sending.</summary>
    public void Settle()
    {
        for (var steps = 0; Network.Count > 0; steps++)
        {
            steps.ShouldBeLessThan(100_000, "messages come to an end");
            var next = Network[0];
            Network.RemoveAt(0);
            Deliver(next);
        }
    }

    /// <summary>Lets time pass for everybody at once; messages are delivered after every tick.</summary>
    public void Tick(int count = 1)
    {
        for (var i = 0; i < count; i++)
        {
            Now += Settings.TickMilliseconds;
            foreach (var replica in replicas.Values)
            {
                if (!replica.IsDown)
                {
                    replica.Step(OrleansRaft.Core.Tick.Instance);
                }
            }

            Settle();
        }
    }

    /// <summary>Restarts a replica with a log whose entries have the given terms, and a current term.</summary>
    public TestReplica Preload(int id, long currentTerm, params long[] terms)
    {
        var replica = replicas[id];
        replica.Disk.HardState = new HardState(new Term(currentTerm), null, LogIndex.Zero);
        replica.Disk.Log.Clear();
        replica.Disk.Log.AddRange(terms.Select((term, i) => new Entry(
            Entry(term, i + 1), EntryKind.Command, LogTime.Zero, Encoding.UTF8.GetBytes($"{term}.{i + 1}"))));
        replica.Restart();
        return replica;
    }

    /// <summary>Makes a replica leader by votes put into its mouth; the others know nothing of it, and nothing it sent arrives.</summary>
    public TestReplica Crown(int id)
    {
        var replica = replicas[id];
        replica.Step(new Campaign());
        foreach (var voter in replicas.Keys.Where(key => key != id))
        {
            replica.Step(new Receive(Replica(voter), new PreVoteResponse(replica.Core.CurrentTerm.Next, true)));
        }

        foreach (var voter in replicas.Keys.Where(key => key != id))
        {
            replica.Step(new Receive(Replica(voter), new RequestVoteResponse(replica.Core.CurrentTerm, true)));
        }

        replica.Core.Role.ShouldBe(RaftRole.Leader);
        Network.Clear();
        return replica;
    }

    /// <summary>Makes a replica leader. The others' timers are given time to run out.</summary>
    public TestReplica Elect(int id)
    {
        foreach (var replica in replicas.Values)
        {
            replica.Core.SetElectionTimeout(replica.Id == id ? 1 : int.MaxValue);
        }

        for (var ticks = 0; replicas[id].Core.Role != RaftRole.Leader; ticks++)
        {
            ticks.ShouldBeLessThan(100, $"replica {id} can be elected");
            Tick();
        }

        Settle();
        return replicas[id];
    }

    internal sealed record Envelope(int From, int To, Message Message);
}

/// <summary>One replica of a <see cref="TestGroup"/>.</summary>
internal sealed class TestReplica
{
    private readonly TestGroup group;
    private readonly List<Send> held = [];
    private readonly Queue<LogWrite> taken = new();
    private readonly Dictionary<EntryId, SnapshotDescriptor> staged = [];
    private PersistTicket durable;

    public TestReplica(TestGroup group, int id, TestDisk disk)
    {
        (this.group, Id, Disk) = (group, id, disk);
        Core = new RaftCore(TestGroup.Replica(id), group.Settings, disk.Recover(), (ulong)id);
    }

    public int Id { get; }

    public TestDisk Disk { get; }

    public RaftCore Core { get; private set; }

    public bool IsDown { get; private set; }

    /// <summary>Whether writes wait in the disk's queue until <see cref="CompleteWrites"/>.</summary>
    public bool HoldsWrites { get; set; }

    /// <summary>Whether committed entries and installed snapshots wait for the test to take them.</summary>
    public bool HoldsApplies { get; set; }

    /// <summary>Whether chunks of snapshots wait in the store's queue until <see cref="CompleteStaging"/>.</summary>
    public bool HoldsStaging { get; set; }

    /// <summary>What the store was given to put aside and has not answered.</summary>
    public Queue<StageSnapshotChunk> HeldChunks { get; } = new();

    /// <summary>How long the chunks are that the store holds of its own snapshot: what it reads ends with one.</summary>
    public int StoredChunkBytes { get; set; } = int.MaxValue;

    public List<Apply> HeldApplies { get; } = [];

    public List<RestoreSnapshot> HeldRestores { get; } = [];

    public List<string> Applied { get; } = [];

    /// <summary>What it tells of its state at a comparison; null for nothing.</summary>
    public StateDigest? State { get; set; } = new StateDigest(1, "sound"u8.ToArray());

    public List<Effect> Effects { get; } = [];

    public IReadOnlyList<Entry> Log => Core.EntriesAfter(LogIndex.Zero, int.MaxValue);

    public void Step(Input input)
    {
        var effects = new List<Effect>();
        Core.Step(input, group.Now, effects);
        Effects.AddRange(effects);
        foreach (var effect in effects)
        {
            Do(effect);
        }

        TakeWrites();
    }

    public void Propose(params string[] commands) =>
        Step(new Propose(1, [.. commands.Select(command => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(command))]));

    /// <summary>An answer of a follower that its log matches up to an entry.</summary>
    public void Acknowledge(int follower, EntryId match, long round = 0, long session = 0) => Step(new Receive(
        TestGroup.Replica(follower),
        new AppendEntriesResponse(Core.CurrentTerm, new LogIndex(session), true, match, LogIndex.Zero, new ReadSequence(round))));

    /// <summary>What a leader sends: entries of the given terms after an entry.</summary>
    public void Append(int leader, long term, EntryId previous, long commit, params long[] terms)
    {
        var entries = terms.Select((each, i) => new Entry(
            TestGroup.Entry(each, previous.Index.Value + i + 1),
            EntryKind.Command,
            LogTime.Zero,
            Encoding.UTF8.GetBytes($"{each}.{previous.Index.Value + i + 1}")));
        Step(new Receive(
            TestGroup.Replica(leader),
            new AppendEntries(new Term(term), LogIndex.Zero, new EntryBlock(previous, [.. entries]), new LogIndex(commit), ReadSequence.Zero)));
    }

    public long[] Terms => [.. Log.Select(entry => entry.Term.Value)];

    public T Last<T>()
        where T : Effect => Effects.OfType<T>().Last();

    /// <summary>The last message that left this replica, of a type.</summary>
    public T Said<T>()
        where T : Message => group.Network.Where(envelope => envelope.From == Id).Select(envelope => envelope.Message).OfType<T>().Last();

    public bool Has<T>(Predicate<T> match)
        where T : Effect => Effects.OfType<T>().Any(effect => match(effect));

    /// <summary>The disk completes what was queued, in order; at most <paramref name="count"/> writes.</summary>
    public void CompleteWrites(int count = int.MaxValue)
    {
        for (; count > 0 && taken.TryDequeue(out var write); count--)
        {
            Disk.Write(write);
            durable = write.Ticket;
            Step(new Persisted(write.Ticket));
            Release();
        }
    }

    /// <summary>The store puts aside what it was given, in order; at most <paramref name="count"/> chunks.</summary>
    public void CompleteStaging(int count = int.MaxValue)
    {
        for (; count > 0 && HeldChunks.TryDequeue(out var chunk); count--)
        {
            staged[chunk.Snapshot.LastIncluded] = chunk.Snapshot;
            Step(new SnapshotChunkStaged(chunk.Snapshot.LastIncluded, chunk.Offset + chunk.Data.Length));
        }
    }

    /// <summary>Loses everything that is not on disk. The state machine starts over from the snapshot.</summary>
    public void Crash()
    {
        IsDown = true;
        held.Clear();
        HeldChunks.Clear();
        taken.Clear();
    }

    public void Restart()
    {
        IsDown = false;
        durable = PersistTicket.Zero;
        held.Clear();
        taken.Clear();
        Applied.Clear();
        Effects.Clear();
        Core = new RaftCore(TestGroup.Replica(Id), group.Settings, Disk.Recover(), (ulong)Id + 100);
    }

    /// <summary>Captures a snapshot of what is applied and makes it durable.</summary>
    public SnapshotDescriptor TakeSnapshot(long bytes = 10)
    {
        var index = Core.AppliedIndex;
        var snapshot = new SnapshotDescriptor(Core.IdAt(index)!.Value, Core.AppliedTime, Core.ConfigurationAt(index), bytes);
        Disk.Snapshot = snapshot;
        Step(new SnapshotSaved(snapshot));
        return snapshot;
    }

    private void Do(Effect effect)
    {
        switch (effect)
        {
            case Send send when send.After > durable:
                held.Add(send);
                break;
            case Send send:
                group.Post(Id, send);
                break;
            case Apply apply when HoldsApplies:
                HeldApplies.Add(apply);
                break;
            case Apply apply:
                ApplyNow(apply);
                break;
            case ReadSnapshotChunk read:
                var size = (int)Math.Min(
                    Math.Min(read.BytesMax, StoredChunkBytes - (read.Offset % StoredChunkBytes)), Disk.Snapshot.SizeBytes - read.Offset);
                Step(Disk.Snapshot.LastIncluded == read.LastIncluded
                    ? new SnapshotChunkRead(read.To, read.LastIncluded, read.Offset, new byte[size], read.Offset + size == Disk.Snapshot.SizeBytes)
                    : new SnapshotChunkUnavailable(read.To, read.LastIncluded));
                break;
            case StageSnapshotChunk chunk:
                HeldChunks.Enqueue(chunk);
                if (!HoldsStaging)
                {
                    CompleteStaging();
                }

                break;
            case RestoreSnapshot restore when HoldsApplies:
                HeldRestores.Add(restore);
                break;
            case RestoreSnapshot restore:
                RestoreNow(restore);
                break;
        }
    }

    public void RestoreNow(RestoreSnapshot restore)
    {
        Applied.Clear();
        Applied.Add($"snapshot {restore.Snapshot.LastIncluded}");
        Step(new EntriesApplied(restore.Snapshot.LastIncluded.Index));
    }

    public void ApplyNow(Apply apply)
    {
        Applied.AddRange(apply.Entries.Where(entry => entry.Kind == EntryKind.Command).Select(entry => Encoding.UTF8.GetString(entry.Body.Span)));
        Step(new EntriesApplied(apply.Entries[^1].Index));
        foreach (var comparison in apply.Entries.Where(static entry => entry.Kind == EntryKind.Comparison))
        {
            if (State is { } digest)
            {
                Step(new StateDigested(comparison.Id, digest));
            }
        }
    }

    private void TakeWrites()
    {
        if (Core.HasWrite)
        {
            taken.Enqueue(Core.TakeWrite());
        }

        if (!HoldsWrites)
        {
            CompleteWrites();
        }
    }

    private void Release()
    {
        foreach (var send in held.FindAll(send => send.After <= durable))
        {
            held.Remove(send);
            group.Post(Id, send);
        }
    }
}
