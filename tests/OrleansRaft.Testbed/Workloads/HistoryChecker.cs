namespace OrleansRaft.Testbed.Workloads;

/// <summary>
/// Decides whether a history of increments by one is linearizable and applied exactly once. Each acknowledgement names the value that its increment
/// made, so within a counter the values must be different, none beyond the final one, none missing that an open increment does not explain, and in
/// the order of real time. Reads lie between the increments: one that began after an increment ended must see it, and none may see a value that a
/// later increment made.
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
        var increments = history.Where(operation => !operation.IsRead).ToList();
        var acknowledged = increments.Where(operation => operation.Value is not null).ToList();
        var open = increments.Count - acknowledged.Count;
        var values = acknowledged.Select(operation => operation.Value!.Value).ToHashSet();
        var violations = new List<string>();

        if (values.Count < acknowledged.Count)
        {
            violations.Add($"{name}: {acknowledged.Count - values.Count} acknowledged increments were lost: others made the same values.");
        }

        var beyond = values.Count(value => value > final || value < 1);
        if (beyond > 0)
        {
            violations.Add(
                $"{name}: {beyond} acknowledged increments were lost: the final value is {final}, the highest acknowledged {values.Max()}.");
        }

        var unexplained = final - (values.Count - beyond) - open;
        if (unexplained > 0)
        {
            violations.Add(
                $"{name}: {unexplained} increments were applied that nobody asked for: "
                    + $"{final} = {values.Count} acknowledged + {open} open + {unexplained}.");
        }

        violations.AddRange(CheckOrder(name, history.Where(operation => operation.Value is not null)
            .OrderBy(operation => operation.Value).ThenBy(operation => operation.IsRead).ThenBy(operation => operation.Began)));
        return violations;
    }

    /// <summary>What ended before something else began must have made a smaller value, or seen one that is not larger.</summary>
    private static IEnumerable<string> CheckOrder(string name, IEnumerable<Operation> byValue)
    {
        var latestBegin = default(Operation);
        foreach (var operation in byValue)
        {
            if (operation.Ended < latestBegin.Began)
            {
                yield return $"{name}: {Describe(operation)} ended before {Describe(latestBegin)} began.";
                yield break;
            }

            latestBegin = operation.Began > latestBegin.Began ? operation : latestBegin;
        }
    }

    private static string Describe(Operation operation) => $"the {(operation.IsRead ? "read of" : "increment to")} {operation.Value}";
}
