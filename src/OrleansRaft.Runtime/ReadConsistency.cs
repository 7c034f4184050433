namespace OrleansRaft;

/// <summary>What a read may see.</summary>
public enum ReadConsistency
{
    /// <summary>Everything acknowledged before the read began; the leader confirms with a majority that it still leads (§6.4, thesis).</summary>
    Linearizable = 0,

    /// <summary>The same, trusting the leader's lease instead of a round of messages; refused where leases are off.</summary>
    Lease = 1,

    /// <summary>Whatever the nearest replica has applied, possibly old. The outcome says how old it may be.</summary>
    Stale = 2,
}
