using System.Globalization;

namespace OrleansRaft.Hostile;

/// <summary>What came of a run.</summary>
/// <param name="Problems">What must not have happened; empty when all is right.</param>
/// <param name="Rounds">How often every attack was made.</param>
/// <param name="Requests">How many requests were answered.</param>
/// <param name="Connections">How many connections were opened beside them.</param>
/// <param name="MegabytesBefore">What the silo held at half time.</param>
/// <param name="MegabytesAfter">What it held after the last.</param>
/// <param name="Quiet">How long an honest client waited before the attacks.</param>
/// <param name="Attacked">How long it waited meanwhile.</param>
public sealed record Verdict(
    IReadOnlyList<string> Problems,
    int Rounds,
    long Requests,
    long Connections,
    double MegabytesBefore,
    double MegabytesAfter,
    Waits Quiet,
    Waits Attacked)
{
    /// <summary>All of it in a line.</summary>
    public string Summary => string.Create(
        CultureInfo.InvariantCulture,
        $"{Rounds} rounds, {Requests} requests, {Connections} connections; {Problems.Count} problems; memory {MegabytesBefore:0} MB at half "
            + $"time, {MegabytesAfter:0} MB after the last; an honest client waited {Quiet} before, {Attacked} meanwhile");
}

/// <summary>How long requests took.</summary>
/// <param name="Median">Half of them at most so long.</param>
/// <param name="Percentile99">99 of 100 at most so long.</param>
public sealed record Waits(TimeSpan Median, TimeSpan Percentile99)
{
    /// <summary>Of these requests.</summary>
    public static Waits Of(IReadOnlyList<TimeSpan> times)
    {
        ArgumentNullException.ThrowIfNull(times);
        var sorted = times.Order().ToList();
        return sorted.Count == 0 ? new Waits(default, default) : new Waits(sorted[sorted.Count / 2], sorted[sorted.Count * 99 / 100]);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Median.TotalMilliseconds:0.0} ms (p99 {Percentile99.TotalMilliseconds:0.0} ms)");
}
