namespace OrleansRaft.Grains.Transport;

/// <summary>Frames that wait for a lane, in order. When too much waits, the oldest goes: the newest heartbeat says most.</summary>
/// <remarks>Under the gate of its <see cref="Lane"/>.</remarks>
internal sealed class LaneQueue(LaneLimits limits)
{
    private readonly Queue<LaneFrame> waiting = new();
    private long waitingBytes;
    private int urgent;
    private int repetitions;

    /// <summary>Whether anything waits.</summary>
    public bool HasAny => waiting.Count > 0;

    /// <summary>Whether anything waits that cannot.</summary>
    public bool HasUrgent => urgent > 0;

    /// <summary>Whether anything waits that its receiver does not know.</summary>
    public bool HasUnsent => waiting.Count > repetitions;

    /// <summary>Adds a frame.</summary>
    /// <returns>How many were lost for it.</returns>
    public int Enqueue(LaneFrame frame)
    {
        var lost = 0;
        waiting.Enqueue(frame);
        Count(frame, 1);
        while (waiting.Count > limits.WaitingMax || (waitingBytes > limits.WaitingBytesMax && waiting.Count > 1))
        {
            LoseOldest();
            lost++;
        }

        return lost;
    }

    /// <summary>Moves what one batch may carry.</summary>
    /// <returns>How many bytes that is.</returns>
    public long MoveTo(List<LaneFrame> batch)
    {
        long bytes = 0;
        for (var count = 0; count < limits.BatchMax
            && waiting.TryPeek(out var next)
            && (count == 0 || bytes + next.SizeBytes <= limits.BatchBytesMax); count++)
        {
            batch.Add(waiting.Dequeue());
            bytes += next.SizeBytes;
            Count(next, -1);
        }

        return bytes;
    }

    /// <summary>Loses all.</summary>
    /// <returns>How many.</returns>
    public int Clear()
    {
        var count = waiting.Count;
        while (waiting.Count > 0)
        {
            LoseOldest();
        }

        return count;
    }

    private void LoseOldest()
    {
        var oldest = waiting.Dequeue();
        Count(oldest, -1);
        oldest.OnLost();
    }

    private void Count(LaneFrame frame, int by)
    {
        waitingBytes += by * frame.SizeBytes;
        urgent += frame.CanWait ? 0 : by;
        repetitions += frame.IsRepetition ? by : 0;
    }
}
