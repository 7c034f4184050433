namespace OrleansRaft.Testbed.Workloads;

/// <summary>One increment by one, as its client saw it.</summary>
/// <param name="Counter">Which counter, from 0.</param>
/// <param name="Began">When the client first sent it, on the monotonic clock.</param>
/// <param name="Ended">When it was acknowledged or given up.</param>
/// <param name="Value">The counter's value that the acknowledgement gave; null when its outcome stayed unknown.</param>
public readonly record struct Operation(int Counter, long Began, long Ended, long? Value);
