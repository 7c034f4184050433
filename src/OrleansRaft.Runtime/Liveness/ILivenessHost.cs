namespace OrleansRaft.Runtime.Liveness;

/// <summary>What a <see cref="LivenessMonitor{TSilo}"/> needs from the process it runs in: the other silos, a way to them, and a timer.</summary>
/// <typeparam name="TSilo">Names one life of a silo: a silo that restarts has another.</typeparam>
internal interface ILivenessHost<TSilo>
    where TSilo : notnull, IEquatable<TSilo>
{
    /// <summary>The other silos that are active, as far as the membership knows.</summary>
    IEnumerable<TSilo> Peers { get; }

    /// <summary>Sends a heartbeat; its receiver calls <see cref="LivenessMonitor{TSilo}.OnHeartbeat"/>. It may be lost.</summary>
    void SendHeartbeat(TSilo target, SiloHeartbeat heartbeat);

    /// <summary>
    /// Sends claims; their receiver answers with <see cref="LivenessMonitor{TSilo}.Compare"/>, and this host hands the answer to
    /// <see cref="LivenessMonitor{TSilo}.OnCompared"/> or, when it knows that there will be none, calls <see
    /// cref="LivenessMonitor{TSilo}.OnComparisonFailed"/>.
    /// </summary>
    void SendClaims(TSilo target, long number, IReadOnlyList<QuiescenceClaim> claims);

    /// <summary>
    /// Calls <see cref="LivenessMonitor{TSilo}.Beat"/> at another interval from now on, for the first time after that interval. Any thread.
    /// </summary>
    void SetHeartbeatInterval(TimeSpan interval);
}
