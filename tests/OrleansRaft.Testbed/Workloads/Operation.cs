namespace OrleansRaft.Testbed.Workloads;

/// <summary>One increment by one, or one linearizable read, as its client saw it.</summary>
/// <param name="Counter">Which counter, from 0.</param>
/// <param name="Began">When the client first sent it, on the monotonic clock.</param>
/// <param name="Ended">When it was acknowledged or given up.</param>
/// <param name="Value">The counter's value that the acknowledgement gave, or the read; null when an increment's outcome stayed unknown.</param>
/// <param name="IsRead">Whether it is a read.</param>
public readonly record struct Operation(int Counter, long Began, long Ended, long? Value, bool IsRead = false);
