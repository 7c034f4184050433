namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// When a store that makes one transaction at a time begins the next: at once, or a little later, together with writes that are expected.
/// </summary>
/// <remarks>
/// <para>
/// A transaction costs as much as a dozen of its writes, so those of many groups must share it although their rounds are not in step. Whoever wrote
/// in the last transaction is likely to be back soon: the next one waits until three quarters of those have come who were in the last one or waited
/// at its end, for <see cref="PatienceMax"/> at most. Whoever is alone never waits.
/// </para>
/// <para>While a pulse runs, more of its writes are about to come; that counts as expected, too, and has the same limit.</para>
/// <para>Not safe for several threads: to be used under the lock of the store.</para>
/// </remarks>
/// <param name="time">The clock.</param>
internal sealed class WriteGathering(TimeProvider time)
{
    private int pulses;
    private int carried;
    private int expected;
    private long? since;

    /// <summary>For how long writes wait for others at most: 1 millisecond.</summary>
    public static TimeSpan PatienceMax { get; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Whether a pulse runs: its end is told.</summary>
    public bool IsInPulse => pulses > 0;

    /// <summary>A pulse begins.</summary>
    public void BeginPulse() => pulses++;

    /// <summary>A pulse has ended. One whose beginning was not told does not matter.</summary>
    public void EndPulse() => pulses = Math.Max(0, pulses - 1);

    /// <summary>A transaction begins.</summary>
    /// <param name="writers">How many replicas it writes for.</param>
    public void Begin(int writers) => carried = writers;

    /// <summary>The last transaction has ended: the store is free.</summary>
    /// <param name="writers">How many replicas wait already.</param>
    public void End(int writers)
    {
        expected = carried + writers;
        since = null;
    }

    /// <summary>Whether those that wait for a free store go on waiting for others. The wait begins with the first call that says so.</summary>
    /// <param name="writers">How many replicas wait.</param>
    public bool MustWait(int writers)
    {
        if (pulses == 0 && 4 * writers >= 3 * expected)
        {
            return false;
        }

        since ??= time.GetTimestamp();
        return time.GetElapsedTime(since.Value) < PatienceMax;
    }
}
