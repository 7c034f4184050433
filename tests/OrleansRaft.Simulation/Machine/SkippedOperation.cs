namespace OrleansRaft.Simulation.Machine;

/// <summary>An operation whose entry was skipped by decision of an operator.</summary>
/// <param name="Group">Its group.</param>
/// <param name="Key">Its register.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Entry">Its entry.</param>
/// <param name="Decision">The entry of the decision: nobody applies that, or what follows, on a state that holds the operation.</param>
/// <param name="Step">The step in which the first replica knew that the decision is committed.</param>
internal sealed record SkippedOperation(string Group, string Key, long Operation, LogIndex Entry, LogIndex Decision, long Step)
{
    /// <summary>Whether a replica applied it all the same, because it did not know of the decision; it discards that state.</summary>
    public bool WasApplied { get; set; }

    /// <summary>Whether states of a register at an index may or may not hold the operation: both may have been seen.</summary>
    public bool LeavesOpen(string group, string key, LogIndex index) =>
        WasApplied && group == Group && key == Key && index >= Entry && index < Decision;

    /// <summary>
    /// Whether an answer may come from a state that was discarded. It does not bind whoever looks later: that is what skipping an entry costs that
    /// somebody has applied without being known to.
    /// </summary>
    public bool Excuses(string group, string key, LogIndex index, long invoked) => LeavesOpen(group, key, index) && invoked < Step;
}
