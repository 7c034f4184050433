namespace OrleansRaft.Grains.Faults;

/// <summary>
/// Breaks the running cluster on purpose and for a time, where <see cref="FaultOptions.Enabled"/> is set. A service of every silo; any of them acts
/// on all.
/// </summary>
internal interface IRaftFaults
{
    /// <summary>Whether faults may be put into this cluster.</summary>
    bool IsEnabled { get; }

    /// <summary>Whether silos can be killed.</summary>
    bool CanKill { get; }

    /// <summary>The names of the active silos.</summary>
    IReadOnlyList<string> Silos { get; }

    /// <summary>The faults in force on any silo, the oldest first.</summary>
    Task<IReadOnlyList<FaultState>> ListAsync(CancellationToken cancellation = default);

    /// <summary>Puts a fault in force on every silo.</summary>
    /// <param name="wanted">Which; without an id.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>The fault as it is in force, or why not; then nothing was done.</returns>
    Task<FaultOutcome> BeginAsync(Fault wanted, CancellationToken cancellation = default);

    /// <summary>Heals a fault on every silo.</summary>
    /// <param name="fault">Its id.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Whether it was in force anywhere.</returns>
    Task<bool> HealAsync(string fault, CancellationToken cancellation = default);

    /// <summary>Heals every fault on every silo.</summary>
    Task HealAllAsync(CancellationToken cancellation = default);
}

/// <summary>A fault in force.</summary>
/// <param name="Fault">Which.</param>
/// <param name="HealsIn">When it heals by itself.</param>
internal sealed record FaultState(Fault Fault, TimeSpan HealsIn);

/// <summary>What became of a wanted fault: one of the two is null.</summary>
/// <param name="Begun">The fault in force.</param>
/// <param name="Rejection">Why it is not.</param>
internal sealed record FaultOutcome(Fault? Begun, FaultRejection? Rejection);

/// <summary>Why a fault was not put in force.</summary>
/// <param name="Reason">The kind of reason.</param>
/// <param name="Field">The field that is to blame; empty when none is.</param>
/// <param name="Detail">A sentence that says what to do next.</param>
internal sealed record FaultRejection(FaultRejectionReason Reason, string Field, string Detail);

/// <summary>The kinds of reasons for which a fault is refused.</summary>
internal enum FaultRejectionReason
{
    /// <summary>Faults, or this kind of them, are off here.</summary>
    Disabled = 0,

    /// <summary>There is no such group.</summary>
    UnknownGroup = 1,

    /// <summary>A field is missing, superfluous, or names nothing that there is.</summary>
    Invalid = 2,

    /// <summary>The leader is meant, and nobody leads at the moment.</summary>
    NoLeader = 3,
}
