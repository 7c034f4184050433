namespace OrleansRaft.Runtime.Liveness;

/// <summary>What this silo knows of whether another one lives, on which quiescent replicas rely. Any thread.</summary>
/// <remarks>
/// <para>
/// As long as both sides hear each other's heartbeats, a quiescent replica may assume that the members of its group on the other side are quiescent
/// as it is. A side that missed the other for too long, that was held up itself, or that may have lost a message begins a new session. A side that
/// learns of a new session, its own or the other's, compares how replicas are quiescent on both sides before it relies on the heartbeats again.
/// </para>
/// <para>Sessions and sequence numbers belong to two processes: a silo that restarts has another id, and so another session.</para>
/// </remarks>
internal sealed class SiloLiveness
{
    private readonly Lock gate = new();
    private readonly TimeSpan tolerance;
    private readonly TimeProvider time;
    private long heardAt;
    private long sequence = -1;
    private long sessionThere = -1;
    private long wanted;
    private long compared;
    private bool isInSight;

    internal SiloLiveness(TimeSpan tolerance, TimeProvider time)
    {
        this.tolerance = tolerance;
        this.time = time;
        heardAt = time.GetTimestamp();
        isInSight = true;
    }

    /// <summary>This side's session, sent with every heartbeat.</summary>
    public long Session { get; private set => Volatile.Write(ref field, value); } = 1;

    /// <summary>Whether the other side was heard within the tolerance.</summary>
    public bool IsInSight => time.GetElapsedTime(Volatile.Read(ref heardAt)) <= tolerance;

    /// <summary>Whether the other side is in sight, but its replicas may no longer be quiescent as those here are.</summary>
    public bool NeedsComparison
    {
        get
        {
            lock (gate)
            {
                return isInSight && compared < wanted;
            }
        }
    }

    /// <summary>Takes a heartbeat.</summary>
    /// <returns>False when a later one arrived before it: it is ignored.</returns>
    internal bool Hear(SiloHeartbeat heartbeat)
    {
        lock (gate)
        {
            if (heartbeat.Sequence <= sequence)
            {
                return false;
            }

            sequence = heartbeat.Sequence;
            Volatile.Write(ref heardAt, time.GetTimestamp());
            if (!isInSight || heartbeat.Session != sessionThere)
            {
                wanted++;
            }

            (isInSight, sessionThere) = (true, heartbeat.Session);
            return true;
        }
    }

    /// <summary>Checks whether the other side has fallen out of sight.</summary>
    /// <returns>Whether it has since the last check.</returns>
    internal bool Review()
    {
        lock (gate)
        {
            if (!isInSight || IsInSight)
            {
                return false;
            }

            isInSight = false;
            Session++;
            wanted++;
            return true;
        }
    }

    /// <summary>Begins a new session: something that one side said to the other may be lost.</summary>
    internal void Invalidate()
    {
        lock (gate)
        {
            Session++;
            wanted++;
        }
    }

    /// <summary>Gives the other side time as if it had just been heard: this silo was held up, and heartbeats may wait to be taken.</summary>
    internal void ExtendDeadline()
    {
        lock (gate)
        {
            if (isInSight)
            {
                Volatile.Write(ref heardAt, time.GetTimestamp());
            }
        }
    }

    /// <summary>Begins a comparison.</summary>
    /// <returns>What to hand to <see cref="EndComparison"/> when it has succeeded.</returns>
    internal long BeginComparison()
    {
        lock (gate)
        {
            return wanted;
        }
    }

    /// <summary>Ends a comparison: all that was quiescent when it began is quiescent alike on both sides, or was unquiesced.</summary>
    internal void EndComparison(long begun)
    {
        lock (gate)
        {
            compared = Math.Max(compared, begun);
        }
    }
}
