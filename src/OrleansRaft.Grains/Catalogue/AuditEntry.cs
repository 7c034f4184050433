namespace OrleansRaft.Grains.Catalogue;

/// <summary>A change that a person made, or tried to make.</summary>
/// <param name="Number">Its number in the audit: one more than the one before. Zero while it has none.</param>
/// <param name="Time">When, by the clock of the silo that was asked; whole milliseconds.</param>
/// <param name="Who">The name of the key and its id, or the subject of a token.</param>
/// <param name="From">The address that it came from.</param>
/// <param name="What">What was asked for.</param>
/// <param name="Result">What became of it: the status of the answer, and the type of the problem if there was one.</param>
/// <param name="Silo">The silo that was asked.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.AuditEntry")]
internal sealed record AuditEntry(
    [property: Id(0)] long Number,
    [property: Id(1)] DateTimeOffset Time,
    [property: Id(2)] string Who,
    [property: Id(3)] string From,
    [property: Id(4)] string What,
    [property: Id(5)] string Result,
    [property: Id(6)] string Silo);
