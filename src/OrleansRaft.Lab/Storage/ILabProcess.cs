namespace OrleansRaft.Lab.Storage;

/// <summary>A process that reaches disks, as they see it.</summary>
internal interface ILabProcess
{
    /// <summary>Its clocks.</summary>
    LabNodeClock Clock { get; }

    /// <summary>Whether it does not reach shared disks.</summary>
    bool IsCutFromDisks { get; }

    /// <summary>
    /// Whether its replicas have their turns at once, in the order in which they asked, when a disk has told several that they have written.
    /// </summary>
    bool CarriesPulses { get; }

    /// <summary>Does something as this process: at once, after its pause, or never.</summary>
    void Perform(Action action);

    /// <summary>One of its replicas has begun a write.</summary>
    void OnWriteBegun();

    /// <summary>It died while writes were on their way.</summary>
    /// <param name="torn">How many became durable in part.</param>
    /// <param name="lost">How many did not become durable.</param>
    void OnWritesLost(int torn, int lost);
}
