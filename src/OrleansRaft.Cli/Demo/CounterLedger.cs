namespace OrleansRaft.Cli.Demo;

/// <summary>
/// What one sequential writer knows of its counter, to which it alone adds, by one each time. Each acknowledgement names the value it made, so every
/// acknowledgement must be one more than the last: less means that acknowledged increments were lost, more that some were applied twice.
/// </summary>
internal sealed class CounterLedger
{
    private readonly Lock gate = new();
    private long last;
    private long acknowledged;
    private long lost;
    private long surplus;
    private long open;

    /// <summary>How many increments were acknowledged.</summary>
    public long Acknowledged
    {
        get
        {
            lock (gate)
            {
                return acknowledged;
            }
        }
    }

    /// <summary>An increment was acknowledged.</summary>
    /// <param name="value">The value that the answer gave.</param>
    public void Acknowledge(long value)
    {
        lock (gate)
        {
            acknowledged++;
            Compare(value, last + 1);
            last = value;
        }
    }

    /// <summary>The writer gave up on an increment without learning whether it was applied.</summary>
    public void LeaveOpen()
    {
        lock (gate)
        {
            open++;
        }
    }

    /// <summary>Compares with a linearizable read, made after the last acknowledgement.</summary>
    public void Close(long value)
    {
        lock (gate)
        {
            Compare(value, last);
            last = value;
        }
    }

    /// <summary>What is wrong so far. An open increment may have been applied once: that is no fault.</summary>
    public LedgerVerdict Verdict
    {
        get
        {
            lock (gate)
            {
                return new LedgerVerdict(acknowledged, lost, Math.Max(0, surplus - open), open);
            }
        }
    }

    private void Compare(long value, long expected)
    {
        if (value < expected)
        {
            lost += expected - value;
        }
        else
        {
            surplus += value - expected;
        }
    }
}

/// <summary>The sum of what ledgers found.</summary>
/// <param name="Acknowledged">Increments that were acknowledged.</param>
/// <param name="Lost">Acknowledged increments that are not in their counter.</param>
/// <param name="Twice">Increments in the counter that nobody asked for.</param>
/// <param name="Open">Increments of which nobody knows.</param>
internal readonly record struct LedgerVerdict(long Acknowledged, long Lost, long Twice, long Open)
{
    /// <summary>Whether every increment was applied exactly once.</summary>
    public bool IsClean => Lost == 0 && Twice == 0;

    /// <summary>The sum of two.</summary>
    public static LedgerVerdict operator +(LedgerVerdict left, LedgerVerdict right) =>
        new(left.Acknowledged + right.Acknowledged, left.Lost + right.Lost, left.Twice + right.Twice, left.Open + right.Open);
}
