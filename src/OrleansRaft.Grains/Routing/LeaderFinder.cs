using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;

namespace OrleansRaft.Grains.Routing;

/// <summary>Remembers which replica of a group leads, and whom to ask when that is not known. Any thread; a race costs an attempt at most.</summary>
internal sealed class LeaderFinder(GroupEntry group, Locator locator, SilentSilos silent, ILocalSiloDetails self)
{
    private ReplicaSlot? leader;
    private ReplicaSlot? distrusted;
    private int rotation;

    /// <summary>Whom to ask for what only a leader may do; null while nobody's whereabouts are known.</summary>
    public ReplicaSlot? Next()
    {
        if (Volatile.Read(ref leader) is { } known && IsReachable(known) && !IsSilent(known))
        {
            return known;
        }

        // Followers name a leader that was lost until they have another.
        var avoided = Volatile.Read(ref distrusted);
        return KnownHere() is { } told && told != avoided && IsReachable(told) && !IsSilent(told) ? told : Rotate(avoided);
    }

    /// <summary>Whom to ask for what any replica may do: one on this silo, its leader before others since it knows most, or else any.</summary>
    public ReplicaSlot? Nearest()
    {
        ReplicaSlot? nearest = null;
        foreach (var slot in group.Slots)
        {
            if (slot.Local is { IsRunning: true, Driver.IsVersionBehind: false } here && (nearest is null || here.Role.Role == RaftRole.Leader))
            {
                nearest = slot;
            }
        }

        return nearest ?? Rotate(Volatile.Read(ref distrusted));
    }

    /// <summary>Whether a replica is thought to lead: then it is no missing leader when it does not answer.</summary>
    public bool IsThoughtToLead(ReplicaSlot slot) => Volatile.Read(ref leader) == slot || KnownHere() == slot;

    /// <summary>A replica answered as leaders do.</summary>
    public void Confirm(ReplicaSlot slot)
    {
        silent.Heard(slot.Silo);
        Volatile.Write(ref leader, slot);
        Volatile.Write(ref distrusted, null);
    }

    /// <summary>A replica said that it does not lead, and perhaps who does.</summary>
    public void Follow(ReplicaSlot asked, ReplicaId? hint)
    {
        silent.Heard(asked.Silo);
        Volatile.Write(ref distrusted, asked);
        Volatile.Write(ref leader, hint is { } named && named != asked.Replica ? group.Slot(named) : null);
    }

    /// <summary>A replica is not where it was thought to be, or does not know what became of a command.</summary>
    public void Distrust(ReplicaSlot asked)
    {
        Volatile.Write(ref distrusted, asked);
        Volatile.Write(ref leader, null);
    }

    /// <summary>A replica did not answer.</summary>
    public void GiveUp(ReplicaSlot asked)
    {
        if (asked is { Local: null, Silo: { } silo })
        {
            silent.Note(silo);
        }

        Distrust(asked);
    }

    private ReplicaSlot? KnownHere()
    {
        foreach (var slot in group.Slots)
        {
            if (slot.Local is { IsRunning: true } replica && replica.Role.Leader is { } known)
            {
                return group.Slot(known);
            }
        }

        return null;
    }

    private ReplicaSlot? Rotate(ReplicaSlot? avoided)
    {
        var slots = group.Slots;
        ReplicaSlot? second = null, last = null;
        for (var step = 0; step < slots.Count; step++)
        {
            var slot = slots[(int)((uint)Interlocked.Increment(ref rotation) % (uint)slots.Count)];
            if (!IsReachable(slot))
            {
                locator.Want(slot);
            }
            else if (IsSilent(slot))
            {
                last = slot;
            }
            else if (slot != avoided)
            {
                return slot;
            }
            else
            {
                second = slot;
            }
        }

        return second ?? last;
    }

    private bool IsSilent(ReplicaSlot slot) => slot.Local is null && silent.Contains(slot.Silo);

    private bool IsReachable(ReplicaSlot slot) => slot.Local is { IsRunning: true } || (slot.Silo is { } silo && !silo.Equals(self.SiloAddress));
}
