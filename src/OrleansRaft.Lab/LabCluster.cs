using OrleansRaft.Core;
using OrleansRaft.Lab.Checks;
using OrleansRaft.Lab.Storage;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Lab;

/// <summary>
/// Whole groups of replicas in one thread, under a virtual clock: the same Core and drivers that silos run, on a network and disks that obey.
/// </summary>
/// <remarks>
/// Nothing happens but in <see cref="Run"/> and <see cref="RunUntil"/>, and one seed gives one course of events. Not safe for several threads.
/// </remarks>
internal sealed class LabCluster : ICheckedCluster, IDisposable
{
    private readonly Dictionary<string, LabGroup> groups = [];
    private readonly List<ReplicaKey> rotten = [];
    private readonly RandomSource seeds;

    /// <summary>Makes a cluster and starts its nodes.</summary>
    public LabCluster(LabOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Nodes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Replicas, options.Nodes);
        Options = options;
        seeds = new RandomSource(options.Seed);
        Network = new LabNetwork(this, options.Nodes, seeds.NextBits());
        Nodes = [.. Enumerable.Range(0, options.Nodes).Select(MakeNode)];
        Levels = new ClusterLevels(Nodes.Min(static node => node.LevelMax), []);
        foreach (var (number, name) in options.Groups.Index())
        {
            MakeGroup(number, name);
        }

        foreach (var node in Nodes)
        {
            node.Restart();
        }
    }

    /// <summary>What the cluster is made of.</summary>
    public LabOptions Options { get; }

    /// <summary>The replicas of which a bit was flipped: they do not start again.</summary>
    public IReadOnlyList<ReplicaKey> RottenReplicas => rotten;

    /// <summary>How many writes a crash tore in the middle.</summary>
    public int TornWrites { get; internal set; }

    /// <summary>How many writes were lost in a crash because they were not durable yet.</summary>
    public int LostWrites { get; internal set; }

    /// <summary>Virtual time.</summary>
    public LabClock Clock { get; } = new();

    /// <summary>The links between the nodes.</summary>
    public LabNetwork Network { get; }

    /// <summary>The nodes, in order.</summary>
    public IReadOnlyList<LabNode> Nodes { get; }

    /// <summary>The first property of Raft that did not hold; null as long as all do. They are checked after every step.</summary>
    public LabViolation? Violation { get; private set; }

    /// <summary>Sums up everything that happened: equal for equal courses of events.</summary>
    public ulong Digest { get; private set; } = 14695981039346656037;

    /// <summary>What the cluster remembers of feature levels, where every node reads it.</summary>
    public ClusterLevels Levels { get; private set; }

    /// <summary>Told of everything that happens, if set.</summary>
    public Action<LabEvent>? Observer { get; set; }

    /// <summary>Told when a replica learns that an entry of its group is skipped, in its turn, with the entry of the decision; if set.</summary>
    public Action<LabReplica, LogIndex, EntryId>? EntrySkipped { get; set; }

    /// <summary>Told when a replica learns that states differ which must be the same: its own is wrong, or it leads; in its turn, if set.</summary>
    public Action<LabReplica, string>? Diverged { get; set; }

    /// <summary>With shared disks, for how long a successor waits for a predecessor that died.</summary>
    public static TimeSpan RightToSpeakLength => StoreLease.Length;

    TimeSpan ICheckedCluster.Now => Clock.Now;

    internal RaftMetrics Metrics { get; } = new();

    /// <summary>Lets time pass, or less when a property is violated.</summary>
    public void Run(TimeSpan duration) => Clock.RunUntil(() => Violation is not null, duration);

    /// <summary>Lets time pass until a condition holds, or a property is violated.</summary>
    /// <param name="condition">What to wait for.</param>
    /// <param name="limit">How much time may pass.</param>
    /// <returns>Whether the condition held in time.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan limit)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Clock.RunUntil(() => Violation is not null || condition(), limit) && Violation is null;
    }

    /// <summary>The replica that leads a group in the highest term, if any does.</summary>
    public LabReplica? LeaderOf(string group) => ReplicasOf(group).Where(replica => replica.Role == RaftRole.Leader).MaxBy(replica => replica.Term);

    /// <summary>All running replicas of a group, by name.</summary>
    public IEnumerable<LabReplica> ReplicasOf(string group) =>
        Nodes.SelectMany(node => node.Replicas).Where(replica => replica.Key.Group == group).OrderBy(replica => replica.Key.Replica);

    /// <summary>
    /// The latest activation of each member of a group, by name; null for one that does not run. Those of which a bit was flipped are left out.
    /// </summary>
    public IEnumerable<LabReplica?> ExpectedReplicasOf(string group) =>
        (LeaderOf(group)?.Configuration?.Members.Select(member => member.Id) ?? groups[group].Homes.Keys)
            .Where(replica => !rotten.Contains(new ReplicaKey(group, replica)))
            .Select(
                replica => LocationsOf(group, replica).Select(node => node.Find(group, replica)).MaxBy(activation => activation?.Log?.Epoch ?? 0));

    /// <summary>Cuts both directions between two nodes.</summary>
    public void Cut(int one, int other) => Network.Cut(one, other);

    /// <summary>Restores every link that was cut.</summary>
    public void Heal() => Network.Heal();

    /// <summary>Submits commands to a replica.</summary>
    /// <param name="group">Its group.</param>
    /// <param name="replica">Its name.</param>
    /// <param name="envelopes">The commands, each an encoded <see cref="CommandEnvelope"/>.</param>
    /// <param name="answer">Receives the replies when they are known; never, if the replica's node crashes before.</param>
    /// <returns>Whether the replica runs.</returns>
    public bool Submit(string group, ReplicaId replica, IReadOnlyList<ReadOnlyMemory<byte>> envelopes, Action<ReplyBatch> answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return Reach(group, replica, target => target.Driver.Submit(envelopes, new Sink(answer)));
    }

    /// <summary>Asks a replica.</summary>
    /// <param name="group">Its group.</param>
    /// <param name="replica">Its name.</param>
    /// <param name="queries">The queries.</param>
    /// <param name="consistency">What they may see.</param>
    /// <param name="answer">Receives the replies when they are known; never, if the replica's node crashes before.</param>
    /// <returns>Whether the replica runs.</returns>
    public bool Query(
        string group, ReplicaId replica, IReadOnlyList<QueryEnvelope> queries, ReadConsistency consistency, Action<ReplyBatch> answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return Reach(group, replica, target => target.Driver.Query(queries, consistency, new Sink(answer)));
    }

    /// <summary>Activates a replica on another node while it may still run elsewhere, as Orleans can for seconds. Needs shared disks.</summary>
    public void ActivateOn(int node, string group, ReplicaId replica)
    {
        if (!Options.SharedDisks)
        {
            throw new InvalidOperationException(
                $"{group}/{replica} is kept on its node's own disk: set {nameof(LabOptions.SharedDisks)} to run it elsewhere.");
        }

        if (Nodes[node].IsUp && Nodes[node].Find(group, replica) is null)
        {
            Start(Nodes[node], groups[group], replica);
        }
    }

    /// <summary>Makes a replica that is to join a group, and starts it; it learns the group from its leader.</summary>
    /// <param name="node">Its home.</param>
    /// <param name="group">The group.</param>
    /// <param name="replica">
    /// A name that no replica of the group has now. One that was removed may come back: its log is gone, but its term and vote are not, or it could
    /// vote twice in one term; it has no vote until its log reaches the entry that added it again.
    /// </param>
    public void AddReplica(int node, string group, ReplicaId replica)
    {
        var joined = groups[group];
        var committed = ReplicasOf(group).Select(static one => one.Driver.CommitIndex).DefaultIfEmpty(LogIndex.Zero).Max();
        joined.Add(replica, Nodes[node], new Configuration { Members = [], Voters = [] }, committed);
        if (Nodes[node].IsUp)
        {
            Start(Nodes[node], joined, replica);
        }
    }

    /// <summary>Takes a replica away for good, with everything it stored. It must not be a member any more.</summary>
    public void RemoveReplica(string group, ReplicaId replica)
    {
        StopEverywhere(group, replica);
        groups[group].Remove(replica);
        Observe(() => new LabReplicaEvent(Clock.Now, group, replica, "was taken away"));
    }

    /// <summary>
    /// What some replicas of a group stored is gone, and they with it. It may be found again: see <see cref="FindMissing"/>.
    /// </summary>
    public void Lose(string group, IReadOnlyList<ReplicaId> replicas)
    {
        ArgumentNullException.ThrowIfNull(replicas);
        foreach (var replica in replicas)
        {
            groups[group].Missing.Add(replica);
            StopEverywhere(group, replica);
            Observe(() => new LabReplicaEvent(Clock.Now, group, replica, "is gone, with all that it stored"));
        }
    }

    /// <summary>What was gone of a group is found, and whoever finds it starts it.</summary>
    public void FindMissing(string group)
    {
        var found = groups[group].Missing.ToArray();
        groups[group].Missing.Clear();
        foreach (var replica in found)
        {
            StartAtHomeSoon(groups[group], replica);
        }
    }

    /// <summary>An operator lets a group go on from one of its replicas, without its majority, as <c>oraft group recover</c> does.</summary>
    /// <returns>Whether that was done: not where it has its majority, or the replica is no member, or was lost before.</returns>
    public bool Recover(string group, ReplicaId survivor)
    {
        var recovered = groups[group];
        var stored = recovered.Stored[survivor];
        if (recovered.Missing.Contains(survivor) || recovered.IsLost(survivor) || rotten.Contains(stored.Key))
        {
            return false;
        }

        StopEverywhere(group, survivor);
        stored.Epoch++;
        var held = stored.Recover();
        var members = GroupRecovery.ConfigurationIn(held);
        if (!members.Contains(survivor)
            || GroupRecovery.HasMajority(members, voter => recovered.Stored.ContainsKey(voter) && !recovered.Missing.Contains(voter)))
        {
            StartAtHomeSoon(recovered, survivor);
            return false;
        }

        recovered.Recovery = GroupRecovery.After(stored.Key, recovered.NextName.Value - 1, recovered.Recovery);
        var write = GroupRecovery.WriteOf(survivor, held);
        recovered.Checks.OnWrite(survivor, write);
        stored.Write(write, JournalRecord.OfWrite(write));
        Observe(() => new LabReplicaEvent(Clock.Now, group, survivor, $"goes on alone, as incarnation {recovered.Recovery.Incarnation}"));
        StartAtHomeSoon(recovered, survivor);
        return true;
    }

    /// <summary>The term that a replica has on its disk.</summary>
    public Term StoredTermOf(string group, ReplicaId replica) => groups[group].Stored[replica].Log.HardState.CurrentTerm;

    /// <summary>Whether a replica holds every entry that was ever seen to be committed, as far as it was.</summary>
    public bool HoldsAllCommitted(string group, ReplicaId replica)
    {
        var (log, committed) = (groups[group].Stored[replica].Log, groups[group].Checks.Committed);
        return log.Start.Index >= committed.Last || log.IdAt(committed.Last) == committed.IdAt(committed.Last);
    }

    /// <summary>The names of a group's replicas, members or not, in the order in which they were made.</summary>
    public IReadOnlyList<ReplicaId> NamesOf(string group) => groups[group].Names;

    /// <summary>Whether a replica was given up when its group went on from another one.</summary>
    public bool IsLost(string group, ReplicaId replica) => groups[group].IsLost(replica);

    /// <summary>A name that no replica of the group has had.</summary>
    public ReplicaId NextName(string group) => groups[group].Recovery is { } recovery && groups[group].NextName.Value < recovery.FirstReplica
        ? new ReplicaId(recovery.FirstReplica)
        : groups[group].NextName;

    /// <summary>Flips one bit of what a replica stored.</summary>
    /// <returns>Whether it had stored anything.</returns>
    public bool FlipBit(string group, ReplicaId replica)
    {
        var stored = groups[group].Stored[replica];
        var flipped = stored.FlipBit(Nodes[0].Disk.Random);
        if (flipped && !rotten.Contains(stored.Key))
        {
            rotten.Add(stored.Key);
        }

        return flipped;
    }

    /// <inheritdoc/>
    public void Dispose() => Metrics.Dispose();

    internal IReadOnlyList<LabNode> LocationsOf(string group, ReplicaId replica) => groups[group].LocationsOf(replica);

    internal LabGroup Group(string name) => groups[name];

    /// <summary>What decides about the passes of a worker; null where they take no time.</summary>
    internal RandomSource? DrawRandomOfWorker() => Options.Workers == 1 ? null : new RandomSource(seeds.NextBits());

    internal void StartHomeReplicas(LabNode node)
    {
        foreach (var group in groups.Values)
        {
            foreach (var (replica, home) in group.Homes)
            {
                if (home == node)
                {
                    Start(node, group, replica);
                }
            }
        }
    }

    /// <summary>Goes over to the latest feature level that all nodes support, those that are down included.</summary>
    /// <param name="without">The nodes that do not count.</param>
    /// <returns>Whether there is a later one.</returns>
    public bool AdvanceLevel(params IReadOnlyCollection<int> without)
    {
        if (Levels.Advance([.. without.Select(static node => NameOf(node))]) is not { } raised)
        {
            return false;
        }

        if (raised.InForce <= Levels.InForce)
        {
            Report("a feature level is never lowered", $"it was {Levels.InForce} and is {raised.InForce}");
        }

        foreach (var node in Nodes.Where(node => !without.Contains(node.Index) && node.LevelReported < raised.InForce))
        {
            Report(
                "a feature level is raised when the programs of all silos support it",
                $"node {node.Index} supports {node.LevelReported}, not {raised.InForce}");
        }

        Levels = raised;
        Mix(raised.InForce, 0, 0);
        Observe(() => new LabReplicaEvent(Clock.Now, "cluster", ReplicaId.Zero, $"works at feature level {raised.InForce}"));
        return true;
    }

    /// <summary>Takes the report of a node that starts.</summary>
    /// <returns>Whether its program may take part.</returns>
    internal bool Admit(LabNode node)
    {
        try
        {
            Levels = Levels.With(new SiloLevel(NameOf(node.Index), node.LevelMax));
            return true;
        }
        catch (StoreRefusedException refusal)
        {
            Observe(() => new LabReplicaEvent(Clock.Now, "cluster", ReplicaId.Zero, $"refuses node {node.Index}: {refusal.Message}"));
            return false;
        }
    }

    private static string NameOf(int node) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"node-{node}");

    internal void OnReplicaStopped(LabReplica replica, Exception cause)
    {
        var group = groups[replica.Key.Group];
        Observe(() => new LabReplicaEvent(Clock.Now, group.Name, replica.Key.Replica, $"stopped on node {replica.Node.Index}: {cause.Message}"));
        if (cause is not (StoreRefusedException or IOException or CorruptDataException))
        {
            Report("a replica never finds itself impossible", $"{replica.Key} stopped: {cause}");
        }

    }

    /// <summary>A replica that ended anywhere is activated again at home, if nothing has done so by then.</summary>
    internal void StartAtHomeSoon(LabGroup group, ReplicaId replica) => Clock.Schedule(Options.RestartDelay, () => StartAtHome(group, replica));

    IEnumerable<ICheckedReplica> ICheckedCluster.ReplicasOf(string group) => ReplicasOf(group);

    void ICheckedCluster.Report(string property, string detail) => Report(property, detail);

    void ICheckedCluster.Observe(Func<LabEvent> what) => Observe(what);

    void ICheckedCluster.Mix(long one, long two, long three) => Mix(one, two, three);

    internal void Report(string property, string detail) => Violation ??= new LabViolation(Clock.Now, property, detail);

    internal void Observe(Func<LabEvent> what) => Observer?.Invoke(what());

    internal void Mix(long one, long two, long three)
    {
        Mix(Clock.NowTicks);
        Mix((one << 48) ^ (two << 32) ^ three);
    }

    /// <summary>Reaches one activation of a replica; while there are two, sometimes the one and sometimes the other.</summary>
    private bool Reach(string group, ReplicaId replica, Action<LabReplica> action)
    {
        var locations = LocationsOf(group, replica);
        if (locations.Count == 0 || locations[(int)(Clock.Steps % locations.Count)].Find(group, replica) is not { } target)
        {
            return false;
        }

        target.Node.Perform(() =>
        {
            target.UnquiesceIfOrphaned();
            action(target);
        });
        return true;
    }

    private void Mix(long value) => Digest = unchecked((Digest ^ (ulong)value) * 1099511628211);

    private LabNode MakeNode(int index)
    {
        var clock = new LabNodeClock(Clock, TimeSpan.FromSeconds(seeds.Next(1, 100_000)));
        return new LabNode(this, index, new LabDisk(Clock, seeds.NextBits()), clock)
        {
            LevelMax = index < Options.FirstLevels.Count ? Options.FirstLevels[index] : FeatureLevels.Newest,
        };
    }

    private void MakeGroup(int number, string name)
    {
        var replicas = Options.Replicas == 0 ? Options.Nodes : Options.Replicas;
        var group = new LabGroup(this, number, name);
        var initial = Configuration.OfVoters(replicas);
        foreach (var member in initial.Members)
        {
            group.Add(member.Id, Nodes[(number + (int)member.Id.Value - 1) % Nodes.Count], initial);
        }

        groups.Add(name, group);
    }

    private void StartAtHome(LabGroup group, ReplicaId replica)
    {
        if (group.Homes.TryGetValue(replica, out var home) && home.IsUp && Nodes.All(node => node.Find(group.Name, replica) is null))
        {
            Start(home, group, replica);
        }
    }

    private void StopEverywhere(string group, ReplicaId replica)
    {
        foreach (var node in LocationsOf(group, replica).ToArray())
        {
            node.Find(group, replica)?.Crash();
        }
    }

    private void Start(LabNode node, LabGroup group, ReplicaId replica)
    {
        var key = new ReplicaKey(group.Name, replica);
        if (group.Missing.Contains(replica) || group.IsLost(replica))
        {
            Observe(() => new LabReplicaEvent(
                Clock.Now, group.Name, replica, group.Missing.Contains(replica) ? "has no store to start from" : "was lost, and stays out"));
            return;
        }

        var activation = new LabReplica(node, group, key, Options.StateMachine(key, node.Index), seeds.NextBits());
        try
        {
            node.Add(activation);
            activation.Start(group.Stored[replica], node.ConnectionTo(group.Homes[replica]));
            Observe(() => new LabReplicaEvent(Clock.Now, group.Name, replica, $"started on node {node.Index}"));
        }
        catch (Exception refusal) when (refusal is StoreRefusedException or CorruptDataException)
        {
            node.Remove(activation);
            Observe(() => new LabReplicaEvent(Clock.Now, group.Name, replica, $"was refused on node {node.Index}: {refusal.Message}"));
            if (refusal is StoreRefusedException)
            {
                StartAtHomeSoon(group, replica);
            }
        }

        group.Locate(replica);
    }

    private sealed class Sink(Action<ReplyBatch> answer) : IReplySink
    {
        public void OnReplied(ReplyBatch batch) => answer(batch);
    }
}
