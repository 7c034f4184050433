namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// When a store that makes one transaction at a time begins the next: at once, or a little later, together with writes that are expected.
/// </summary>
/// <remarks>
/// <para>
/// A transaction costs as much as a dozen of its writes, so those of many groups must share it although their rounds are not in step. Whoever wrote
/// in the last transaction is likely to be back soon: the next one waits until three quarters of those have come who were in the last one or waited
/// at its end. The wait begins with that end and is over after <see cref="PatienceMax"/>, also when nobody has come: whoever comes later, or wrote
/// alone, is not held up by others that were there once.
/// </para>
/// <para>
/// While a pulse runs, more of its writes are about to come: what comes meanwhile waits for its end, or for that of another pulse, if several run.
/// </para>
/// <para>Not safe for several threads: to be used under the lock of the store.</para>
/// </remarks>
public sealed class WriteGathering
{
    private int pulses;
    private int carried;
    private int expected;

    /// <summary>For how long a store waits for expected writes at most: 1 millisecond.</summary>
    public static TimeSpan PatienceMax { get; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Whether a pulse runs: its end is told.</summary>
    public bool IsInPulse => pulses > 0;

    /// <summary>A pulse begins.</summary>
    public void BeginPulse() => pulses++;

    /// <summary>A pulse has ended. One whose beginning was not told does not matter.</summary>
    public void EndPulse() => pulses = Math.Max(0, pulses - 1);

    /// <summary>A transaction begins.</summary>
    /// <param name="writers">How many replicas it writes for.</param>
    public void Begin(int writers) => (carried, expected) = (writers, 0);

    /// <summary>The transaction has ended, and nobody was told yet: the wait for the next begins, see <see cref="EndWait"/>.</summary>
    /// <param name="writers">How many replicas wait already.</param>
    public void End(int writers) => expected = carried + writers;

    /// <summary>Whether those that wait for a free store go on waiting for others.</summary>
    /// <param name="writers">How many replicas wait; none waits for others, too.</param>
    public bool MustWait(int writers) => expected > 1 && 4 * writers < 3 * expected;

    /// <summary>Nobody is expected any more: to be called when <see cref="PatienceMax"/> is over.</summary>
    public void EndWait() => expected = 0;
}
