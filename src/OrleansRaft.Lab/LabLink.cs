namespace OrleansRaft.Lab;

/// <summary>One direction between two nodes, and how badly it behaves. Probabilities are in parts per million.</summary>
internal sealed class LabLink
{
    /// <summary>Whether nothing gets through.</summary>
    public bool IsCut { get; set; }

    /// <summary>The shortest time that a message takes.</summary>
    public TimeSpan LatencyMin { get; set; } = TimeSpan.FromMilliseconds(0.2);

    /// <summary>The longest time that a message usually takes. Messages overtake each other within this range.</summary>
    public TimeSpan LatencyMax { get; set; } = TimeSpan.FromMilliseconds(1.5);

    /// <summary>How often a message is lost.</summary>
    public int LossPerMillion { get; set; }

    /// <summary>How often a message arrives twice, the second time after up to <see cref="DelayMax"/>.</summary>
    public int DuplicationPerMillion { get; set; }

    /// <summary>How often a message is held up, for up to <see cref="DelayMax"/>.</summary>
    public int DelayPerMillion { get; set; }

    /// <summary>How long a message may be held up.</summary>
    public TimeSpan DelayMax { get; set; } = TimeSpan.FromSeconds(1);
}
