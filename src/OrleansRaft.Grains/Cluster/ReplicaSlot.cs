namespace OrleansRaft.Grains.Cluster;

/// <summary>What this silo knows of one replica of one group. Any thread.</summary>
internal sealed class ReplicaSlot(GroupEntry group, ReplicaId replica)
{
    private ReplicaLocation? location;
    private ILocalReplica? local;
    private SiloAddress? destination;

    /// <summary>Its group.</summary>
    public GroupEntry Group { get; } = group;

    /// <summary>Its name in the group.</summary>
    public ReplicaId Replica { get; } = replica;

    /// <summary>The activation on this silo, if there is one.</summary>
    public ILocalReplica? Local => Volatile.Read(ref local);

    /// <summary>The silo that hosts it, as far as is known.</summary>
    public SiloAddress? Silo => Volatile.Read(ref location)?.Silo;

    /// <summary>The silo that hosted it last, as far as is known, when nobody is known to host it.</summary>
    public SiloAddress? Left => Volatile.Read(ref location)?.Left;

    /// <summary>
    /// The silo to which this silo's keeper has called it, while it has not come to life there; null otherwise. It counts as being there.
    /// </summary>
    public SiloAddress? Destination
    {
        get => Volatile.Read(ref destination);
        set => Volatile.Write(ref destination, value);
    }

    /// <summary>Whether somebody waits for its whereabouts; set and cleared by the locator.</summary>
    public int IsWanted;

    /// <summary>Takes note of a sign of life.</summary>
    /// <returns>False when it comes from a predecessor of an activation that is known already.</returns>
    public bool Learn(SiloAddress silo, long epoch)
    {
        while (true)
        {
            var known = Volatile.Read(ref location);
            if (known is not null && (epoch < known.Epoch || (epoch == known.Epoch && silo.Equals(known.Silo))))
            {
                return epoch >= known.Epoch;
            }

            if (Interlocked.CompareExchange(ref location, new ReplicaLocation(silo, epoch), known) == known)
            {
                return true;
            }
        }
    }

    /// <summary>Forgets that a silo hosts it; the epoch stays known.</summary>
    public void Forget(SiloAddress silo)
    {
        if (Volatile.Read(ref location) is { Silo: { } known } current && known.Equals(silo))
        {
            Interlocked.CompareExchange(ref location, current with { Silo = null, Left = silo }, current);
        }
    }

    /// <summary>Makes an activation known to this silo's lanes.</summary>
    public void Register(ILocalReplica activation) => Volatile.Write(ref local, activation);

    /// <summary>Takes an activation out, unless another has taken its place.</summary>
    public void Unregister(ILocalReplica activation) => Interlocked.CompareExchange(ref local, null, activation);
}
