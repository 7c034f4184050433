namespace OrleansRaft.Grains.Routing;

/// <summary>A session of this silo with one group (thesis §6.3): it makes commands without a request id safe to retry. Any thread.</summary>
/// <param name="id">The index at which the group opened it.</param>
internal sealed class SiloSession(LogIndex id)
{
    private readonly Lock gate = new();
    private readonly HashSet<long> outstanding = [];
    private long next = 1;
    private long answeredBelow = 1;

    /// <summary>The index at which the group opened it.</summary>
    public LogIndex Id { get; } = id;

    /// <summary>All commands below this number have been answered.</summary>
    public long AnsweredBelow
    {
        get
        {
            lock (gate)
            {
                return answeredBelow;
            }
        }
    }

    /// <summary>Takes the number of another command.</summary>
    public long TakeSequence()
    {
        lock (gate)
        {
            outstanding.Add(next);
            return next++;
        }
    }

    /// <summary>A command has its answer, or is given up.</summary>
    public void Answered(long sequence)
    {
        lock (gate)
        {
            outstanding.Remove(sequence);
            while (answeredBelow < next && !outstanding.Contains(answeredBelow))
            {
                answeredBelow++;
            }
        }
    }
}
