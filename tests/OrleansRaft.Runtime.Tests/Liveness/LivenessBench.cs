using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Runtime.Tests.Liveness;

/// <summary>The monitor of silo 1, whose other silos are numbers. What it sends is kept; nothing happens but what a test does.</summary>
internal sealed class LivenessBench : ILivenessHost<int>, ILivenessDirectory<int>
{
    private long sequence;

    public LivenessBench()
    {
        Silos = new SiloLivenessTable<int>(new RaftOptions(), Time);
        Interval = Silos.HeartbeatInterval;
        Monitor = new LivenessMonitor<int>(Silos, this, this, Time);
    }

    public FakeTimeProvider Time { get; } = new();

    public SiloLivenessTable<int> Silos { get; }

    public LivenessMonitor<int> Monitor { get; }

    /// <summary>The interval that the monitor asked for last.</summary>
    public TimeSpan Interval { get; private set; }

    public List<MonitoredReplica> Here { get; } = [];

    public Dictionary<ReplicaKey, int> Elsewhere { get; } = [];

    public List<(int Target, SiloHeartbeat Heartbeat)> Heartbeats { get; } = [];

    public List<(int Target, long Number, IReadOnlyList<QuiescenceClaim> Claims)> Questions { get; } = [];

    public List<int> Active { get; } = [2, 3];

    public IEnumerable<int> Peers => Active;

    public IEnumerable<IMonitoredReplica> Replicas => Here;

    public IEnumerable<IMonitoredReplica> ReplicasOf(string group) => Here.Where(replica => replica.Key.Group == group);

    public IMonitoredReplica? Find(ReplicaKey replica) => Here.Find(one => one.Key == replica);

    public bool TryLocate(ReplicaKey replica, [MaybeNullWhen(false)] out int silo) => Elsewhere.TryGetValue(replica, out silo);

    public bool HasMemberOn(string group, int silo) => Elsewhere.Any(known => known.Key.Group == group && known.Value == silo);

    public void Forget(ReplicaKey replica, int silo)
    {
        if (Elsewhere.TryGetValue(replica, out var known) && known == silo)
        {
            Elsewhere.Remove(replica);
        }
    }

    public void SendHeartbeat(int target, SiloHeartbeat heartbeat) => Heartbeats.Add((target, heartbeat));

    public void SendClaims(int target, long number, IReadOnlyList<QuiescenceClaim> claims) => Questions.Add((target, number, claims));

    public void SetHeartbeatInterval(TimeSpan interval) => Interval = interval;

    /// <summary>Adds a replica here.</summary>
    public MonitoredReplica Host(string group, long replica)
    {
        var hosted = new MonitoredReplica(group, replica);
        Here.Add(hosted);
        return hosted;
    }

    /// <summary>Notes that a replica runs on another silo.</summary>
    public void Locate(string group, long replica, int silo) => Elsewhere[new ReplicaKey(group, new ReplicaId(replica))] = silo;

    /// <summary>A heartbeat of another silo arrives.</summary>
    public void Hear(int silo, long session = 1, ReplicaKey[]? stopped = null, ReplicaKey[]? joined = null) =>
        Monitor.OnHeartbeat(silo, new SiloHeartbeat(++sequence, session, stopped ?? [], joined ?? []));

    /// <summary>Lets an interval pass, hears from some silos, and beats.</summary>
    public void Beat(params IEnumerable<int> heard)
    {
        Time.Advance(Interval);
        foreach (var silo in heard)
        {
            Hear(silo);
        }

        Monitor.Beat();
    }

    /// <summary>Hears from both silos and answers what the monitor asks, until it asks nothing more.</summary>
    public void Settle()
    {
        Beat(2, 3);
        for (var asked = 0; asked < Questions.Count; asked++)
        {
            Monitor.OnCompared(Questions[asked].Target, Questions[asked].Number, []);
        }

        Questions.Clear();
        Beat(2, 3);
        Beat(2, 3);
        Beat(2, 3);
    }
}
