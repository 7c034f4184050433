namespace OrleansRaft.Lab.Scenarios;

/// <summary>
/// What one play may cost. It is counted and not timed, so that a scenario ends in the same place on every machine; and whoever plays scenarios of
/// strangers knows how long one takes and how large its recording is.
/// </summary>
internal sealed class PlayBudget
{
    /// <summary>How much may be looked at: nodes after each event, entries of logs, and conditions.</summary>
    public const long LooksMax = 3_000_000;

    /// <summary>About how large a recording may be, in bytes of its JSON.</summary>
    public const long BytesMax = 8 * 1024 * 1024;

    private long looks;
    private long bytes;

    /// <summary>Whether nothing is left.</summary>
    public bool IsSpent => looks >= LooksMax || bytes >= BytesMax;

    /// <summary>Something was looked at.</summary>
    public void Look(int count) => looks += count;

    /// <summary>Something was recorded.</summary>
    public void Record(int count) => bytes += count;
}
