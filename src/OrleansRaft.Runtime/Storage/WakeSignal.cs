namespace OrleansRaft.Runtime.Storage;

/// <summary>Wakes the one thread that a store writes on. Any thread may set it, also while that thread ends, or behind its end.</summary>
/// <remarks>
/// It is set behind the gate of what waits, so the writer may have seen the work, or the end, and be gone meanwhile. An exception would hit whoever
/// brought work: at the end of a pass over replicas, on a thread of the pool, where it ends the process.
/// </remarks>
internal sealed class WakeSignal : IDisposable
{
    private readonly AutoResetEvent wake = new(initialState: false);

    /// <summary>Lets one wait return: that which is under way, or the next. Does nothing once nobody waits any more.</summary>
    public void Set()
    {
        try
        {
            wake.Set();
        }
        catch (ObjectDisposedException)
        {
            // The writer has ended its wait by itself, has seen what there was, and is gone.
        }
    }

    /// <summary>Waits until it is set.</summary>
    /// <param name="patience">For how long at most.</param>
    /// <returns>Whether it was set.</returns>
    public bool Wait(TimeSpan patience) => wake.WaitOne(patience);

    /// <summary>Nobody waits any more.</summary>
    public void Dispose() => wake.Dispose();
}
