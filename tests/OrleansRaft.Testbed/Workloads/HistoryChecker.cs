namespace OrleansRaft.Testbed.Workloads;

/// <summary>
/// Decides whether a history of increments by one is linearizable and applied exactly once. Each acknowledgement names the value that its increment made, so
/// within a counter the values must be different, none beyond the final one, none missing that an open increment does not explain, and in the order of real time.
/// </summary>
public static class HistoryChecker
{
    /// <summary>Checks one counter.</summary>
    /// <param name="name">The counter, for the sentences.</param>
    /// <param name="history">Its operations, in any order.</param>
    /// <param name="final">A linearizable read after all of them.</param>
    /// <returns>What is wrong, in sentences; nothing when all is well.</returns>
    public static IReadOnlyList<string> Check(string name, IReadOnlyCollection<Operation> history, long final)
    {
        var acknowledged = history.Where(operation => operation.Value is not null).OrderBy(operation => operation.Value).ToList();
        var open = history.Count - acknowledged.Count;
        var values = acknowledged.Select(operation => operation.Value!.Value).ToHashSet();
        var violations = new List<string>();

        if (values.Count < acknowledged.Count)
        {
            violations.Add($"{name}: {acknowledged.Count - values.Count} acknowledged increments were lost: others made the same values.");
        }

        var beyond = values.Count(value => value > final || value < 1);
        if (beyond > 0)
        {
            violations.Add($"{name}: {beyond} acknowledged increments were lost: the final value is {final}, the highest acknowledged {values.Max()}.");
        }

        var unexplained = final - (values.Count - beyond) - open;
        if (unexplained > 0)
        {
            violations.Add($"{name}: {unexplained} increments were applied that nobody asked for: {final} = {values.Count} acknowledged + {open} open + {unexplained}.");
        }

        violations.AddRange(CheckOrder(name, acknowledged));
        return violations;
    }

    /// <summary>An increment that ended before another began must have made a smaller value.</summary>
    private static IEnumerable<string> CheckOrder(string name, List<Operation> byValue)
    {
        var latestBegin = default(Operation);
        foreach (var operation in byValue)
        {
            if (operation.Ended < latestBegin.Began)
            {
                yield return $"{name}: the increment to {operation.Value} ended before the increment to {latestBegin.Value} began.";
                yield break;
            }

            latestBegin = operation.Began > latestBegin.Began ? operation : latestBegin;
        }
    }
}
