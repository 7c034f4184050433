namespace OrleansRaft.Grains.Liveness;

/// <summary>This silo's side of the contract with another one, on which replicas rely that sleep. Any thread.</summary>
/// <remarks>
/// <para>
/// As long as both sides hear each other's beats, a sleeping replica may take it that those of its group over there sleep as it does. A side that missed the
/// other for too long, that was held up itself, or that may have lost a message raises its session. Whoever learns of a new session, its own or the other's,
/// compares how replicas sleep on both sides before it relies on the contract again.
/// </para>
/// <para>Sessions and sequence numbers belong to two processes: a silo that starts again has another address, and so another contract.</para>
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

    public SiloLiveness(TimeSpan tolerance, TimeProvider time)
    {
        this.tolerance = tolerance;
        this.time = time;
        heardAt = time.GetTimestamp();
        isInSight = true;
    }

    /// <summary>The session as this side counts; told with every beat.</summary>
    public long Session { get; private set => Volatile.Write(ref field, value); } = 1;

    /// <summary>Whether the other side was heard lately.</summary>
    public bool IsInSight => time.GetElapsedTime(Volatile.Read(ref heardAt)) <= tolerance;

    /// <summary>Whether the other side is in sight, but it is not known whether its replicas still sleep as those here do.</summary>
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

    /// <summary>Takes a beat.</summary>
    /// <returns>False when a later one came before it.</returns>
    public bool Hear(SiloHeartbeat beat)
    {
        lock (gate)
        {
            if (beat.Sequence <= sequence)
            {
                return false;
            }

            sequence = beat.Sequence;
            Volatile.Write(ref heardAt, time.GetTimestamp());
            if (!isInSight || beat.Session != sessionThere)
            {
                wanted++;
            }

            (isInSight, sessionThere) = (true, beat.Session);
            return true;
        }
    }

    /// <summary>Looks whether the other side has fallen out of sight.</summary>
    /// <returns>Whether it just did.</returns>
    public bool Review()
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

    /// <summary>Something that was said between the two may be lost.</summary>
    public void Doubt()
    {
        lock (gate)
        {
            Session++;
            wanted++;
        }
    }

    /// <summary>This silo was held up: what the other said meanwhile may still wait to be heard.</summary>
    public void GiveTime()
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
    /// <returns>What to hand to <see cref="Compared"/> when it has come to its end.</returns>
    public long BeginComparison()
    {
        lock (gate)
        {
            return wanted;
        }
    }

    /// <summary>Everything that slept when the comparison began sleeps alike on both sides, or was woken.</summary>
    public void Compared(long begun)
    {
        lock (gate)
        {
            compared = Math.Max(compared, begun);
        }
    }
}
