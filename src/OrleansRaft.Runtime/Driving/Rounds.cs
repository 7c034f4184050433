namespace OrleansRaft.Runtime.Driving;

/// <summary>
/// When a leader takes the commands that wait: those that come while a round of replication is under way share the next, and the next waits a little
/// for the rest.
/// </summary>
/// <remarks>
/// Whoever was answered by a round asks again soon, but not all of them equally soon: clients of the leader's own silo would otherwise begin a round
/// without the others, and the others one without them, in turn. So a round waits until three quarters of those who were there a round ago are there
/// again, or <see cref="RaftOptions.RoundWaitMax"/> is over. Who is alone never waits.
/// </remarks>
/// <param name="options">How much waits, and for how long.</param>
/// <param name="time">The clock.</param>
/// <param name="askForTurn">Called on any thread when a wait is over.</param>
internal sealed class Rounds(RaftOptions options, TimeProvider time, Action askForTurn)
{
    private ITimer? timer;
    private int carried;
    private int expected;
    private volatile bool isWaitOver;

    /// <summary>Commands go into the round that begins or is under way.</summary>
    public void Carry(int commands) => carried += commands;

    /// <summary>
    /// Whether the commands that wait go on waiting. If so, the end of the round, many more of them, or the end of the wait brings another turn.
    /// </summary>
    /// <remarks>To be asked in every turn: whoever learns here that a round is over begins the wait for the next.</remarks>
    /// <param name="isUnderWay">Whether anything is appended and not committed.</param>
    /// <param name="commands">How many commands wait.</param>
    /// <param name="bytes">How many bytes they have.</param>
    public bool MustWait(bool isUnderWay, int commands, long bytes)
    {
        if (bytes >= options.RoundBytesMin)
        {
            return false;
        }

        if (isUnderWay)
        {
            return true;
        }

        if (carried > 0)
        {
            expected = carried + commands;
            carried = 0;
            BeginWait();
        }

        return !isWaitOver && 4 * commands < 3 * expected;
    }

    /// <summary>No wait ends any more.</summary>
    public void Stop() => timer?.Dispose();

    private void BeginWait()
    {
        isWaitOver = options.RoundWaitMax == TimeSpan.Zero || expected == 1;
        if (!isWaitOver)
        {
            timer ??= time.CreateTimer(static state => ((Rounds)state!).EndWait(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            timer.Change(options.RoundWaitMax, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>A timer of an earlier wait may come late: it only makes this one shorter.</summary>
    private void EndWait()
    {
        isWaitOver = true;
        askForTurn();
    }
}
