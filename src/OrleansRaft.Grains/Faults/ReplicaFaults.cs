using System.Globalization;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Faults;

/// <summary>What all faults together do to one replica. Immutable.</summary>
internal sealed class ReplicaFaults : IReplicaFaults
{
    private readonly List<(Fault Fault, bool Loses)> links;

    private ReplicaFaults(ReplicaSlot slot, IEnumerable<Fault> faults)
    {
        links = [];
        foreach (var fault in faults)
        {
            IsPaused |= fault.Kind == FaultKind.Pause;
            IsStoreFailing |= fault.Kind == FaultKind.Fail;
            if (fault.Kind == FaultKind.Slow)
            {
                StoreDelay += TimeSpan.FromMilliseconds(fault.Milliseconds ?? 0);
            }

            if (fault.Group is not null && fault.Kind is FaultKind.Cut or FaultKind.Delay or FaultKind.Isolate or FaultKind.Split)
            {
                links.Add((fault, fault.Kind != FaultKind.Delay));
            }
        }

        Replica = slot.Replica;
    }

    /// <inheritdoc/>
    public bool IsPaused { get; }

    /// <inheritdoc/>
    public bool IsStoreFailing { get; }

    /// <inheritdoc/>
    public TimeSpan StoreDelay { get; }

    private ReplicaId Replica { get; }

    /// <summary>What some faults do to a replica; null when nothing.</summary>
    /// <param name="slot">The replica.</param>
    /// <param name="silo">The name of the silo that it runs on.</param>
    /// <param name="faults">All faults in force.</param>
    public static ReplicaFaults? Of(ReplicaSlot slot, string silo, IEnumerable<Fault> faults)
    {
        List<Fault> concerning = [.. faults.Where(fault => Concerns(fault, slot, silo))];
        return concerning.Count == 0 ? null : new ReplicaFaults(slot, concerning);
    }

    /// <inheritdoc/>
    public bool Loses(ReplicaId to) => links.Exists(link => link.Loses && Stands(link.Fault, to));

    /// <inheritdoc/>
    public TimeSpan DelayTo(ReplicaId to)
    {
        var delay = TimeSpan.Zero;
        foreach (var (fault, loses) in links)
        {
            if (!loses && Stands(fault, to))
            {
                delay += TimeSpan.FromMilliseconds(fault.Milliseconds ?? 0);
            }
        }

        return delay;
    }

    private static bool Concerns(Fault fault, ReplicaSlot slot, string silo) => fault.Group is { } group
        ? group == slot.Group.Name && (fault.Replica is null || fault.Replica == slot.Replica.Value || fault.Kind == FaultKind.Isolate)
        : fault.Kind is FaultKind.Slow or FaultKind.Fail && fault.Silo == silo;

    /// <summary>Whether a fault stands between this replica and another.</summary>
    private bool Stands(Fault fault, ReplicaId to) => fault.Kind switch
    {
        FaultKind.Isolate => fault.Replica == Replica.Value || fault.Replica == to.Value,
        FaultKind.Split => fault.Replicas.AsSpan().Contains(Replica.Value) != fault.Replicas.AsSpan().Contains(to.Value),
        _ => Is(fault.From, Replica) && Is(fault.To, to) || !fault.IsOneWay && Is(fault.From, to) && Is(fault.To, Replica),
    };

    private static bool Is(string? end, ReplicaId replica) => end == replica.Value.ToString(CultureInfo.InvariantCulture);
}
