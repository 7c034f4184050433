using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.Liveness;

/// <summary>How a <see cref="SiloHeartbeat"/> travels through Orleans.</summary>
[GenerateSerializer, Alias("raft-beat")]
internal struct SiloHeartbeatSurrogate
{
    [Id(0)]
    public long Sequence;

    [Id(1)]
    public long Session;

    [Id(2)]
    public ReplicaName[] Stopped;

    [Id(3)]
    public ReplicaName[] Joined;
}

/// <summary>Converts.</summary>
[RegisterConverter]
internal sealed class SiloHeartbeatConverter : IConverter<SiloHeartbeat, SiloHeartbeatSurrogate>
{
    /// <inheritdoc/>
    public SiloHeartbeat ConvertFromSurrogate(in SiloHeartbeatSurrogate surrogate) =>
        new(surrogate.Sequence, surrogate.Session, Keys(surrogate.Stopped), Keys(surrogate.Joined));

    /// <inheritdoc/>
    public SiloHeartbeatSurrogate ConvertToSurrogate(in SiloHeartbeat value) => new()
    {
        Sequence = value.Sequence,
        Session = value.Session,
        Stopped = Names(value.Stopped),
        Joined = Names(value.Joined),
    };

    private static ReplicaKey[] Keys(ReplicaName[] names) =>
        names.Length == 0 ? [] : Array.ConvertAll(names, static name => new ReplicaKey(name.Group, new ReplicaId(name.Replica)));

    private static ReplicaName[] Names(IReadOnlyList<ReplicaKey> keys) =>
        keys.Count == 0 ? [] : [.. keys.Select(static key => new ReplicaName(key.Group, key.Replica.Value))];
}

/// <summary>How a <see cref="QuiescenceClaim"/> travels through Orleans.</summary>
[GenerateSerializer, Alias("raft-sleep-claim")]
internal struct QuiescenceClaimSurrogate
{
    /// <summary>Its group.</summary>
    [Id(0)]
    public string Group;

    /// <summary>Its leader; 0 for none.</summary>
    [Id(1)]
    public long Leader;

    /// <summary>The leader's term.</summary>
    [Id(2)]
    public long Term;

    /// <summary>The end of its log; -1 for none that others can rely on.</summary>
    [Id(3)]
    public long LastIndex;
}

/// <summary>Converts.</summary>
[RegisterConverter]
internal sealed class QuiescenceClaimConverter : IConverter<QuiescenceClaim, QuiescenceClaimSurrogate>
{
    /// <inheritdoc/>
    public QuiescenceClaim ConvertFromSurrogate(in QuiescenceClaimSurrogate surrogate) => new(
        surrogate.Group,
        surrogate.Leader == 0 ? null : new ReplicaId(surrogate.Leader),
        new Term(surrogate.Term),
        surrogate.LastIndex < 0 ? null : new LogIndex(surrogate.LastIndex));

    /// <inheritdoc/>
    public QuiescenceClaimSurrogate ConvertToSurrogate(in QuiescenceClaim value) => new()
    {
        Group = value.Group,
        Leader = value.Leader?.Value ?? 0,
        Term = value.Term.Value,
        LastIndex = value.LastIndex?.Value ?? -1,
    };
}
