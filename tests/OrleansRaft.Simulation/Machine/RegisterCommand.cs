namespace OrleansRaft.Simulation.Machine;

/// <summary>What a client asks of one register.</summary>
internal enum RegisterAction
{
    Read = 0,
    Add = 1,
    Set = 2,
    CompareAndSet = 3,

    /// <summary>Only the newer build knows it.</summary>
    Negate = 4,
}

/// <param name="Operation">Names the client's operation in the whole run, so that a second application is noticed.</param>
/// <param name="Action">What to do.</param>
/// <param name="Value">What to add or set.</param>
/// <param name="Expected">For a compare-and-set, what must be there.</param>
internal readonly record struct RegisterCommand(long Operation, RegisterAction Action, long Value, long Expected);

/// <param name="Succeeded">False when a compare-and-set found another value.</param>
/// <param name="Value">The register afterwards.</param>
internal readonly record struct RegisterResult(bool Succeeded, long Value);
