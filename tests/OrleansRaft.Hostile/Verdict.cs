namespace OrleansRaft.Hostile;

/// <summary>What came of a run.</summary>
/// <param name="Problems">What must not have happened; empty when all is right.</param>
/// <param name="Rounds">How often every attack was made.</param>
/// <param name="Requests">How many requests were answered.</param>
/// <param name="Connections">How many connections were opened beside them.</param>
/// <param name="MegabytesBefore">What the silo held before, after a first round.</param>
/// <param name="MegabytesAfter">What it held afterwards.</param>
public sealed record Verdict(
    IReadOnlyList<string> Problems, int Rounds, long Requests, long Connections, double MegabytesBefore, double MegabytesAfter);
