namespace OrleansRaft.Runtime.Liveness;

/// <summary>When a replica lost its leader, and when it was unquiesced to elect another; kept by the <see cref="LivenessMonitor{TSilo}"/>.</summary>
internal sealed class OrphanTimes
{
    /// <summary>Since when it is quiescent without a leader in sight, as a timestamp; 0 when it is not.</summary>
    internal long OrphanedAt { get; set; }

    /// <summary>When it was last unquiesced to elect a leader, as a timestamp; 0 when it never was.</summary>
    internal long UnquiescedAt { get; set; }
}
