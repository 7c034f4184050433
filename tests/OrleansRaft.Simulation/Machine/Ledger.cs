namespace OrleansRaft.Simulation.Machine;

/// <summary>Which operation was applied by which entry, as seen from outside over all replicas and all their lives.</summary>
/// <param name="report">Told of a property that does not hold, and the detail.</param>
internal sealed class Ledger(Action<string, string> report)
{
    private readonly Dictionary<long, (string Group, EntryId Entry)> entries = [];
    private readonly Dictionary<(string Group, string Key), SortedList<LogIndex, (RegisterCommand Command, long Value)>> values = [];
    private readonly Dictionary<(string Group, LogIndex Entry), DateTimeOffset?> stamps = [];
    private readonly List<SkippedOperation> skipped = [];

    /// <summary>The operations whose entries were skipped.</summary>
    public IReadOnlyList<SkippedOperation> Skipped => skipped;

    public EntryId? EntryOf(long operation) => entries.TryGetValue(operation, out var applied) ? applied.Entry : null;

    /// <summary>The skip of an operation; null when it was not skipped.</summary>
    public SkippedOperation? SkipOf(long operation) => skipped.Find(skip => skip.Operation == operation);

    public void OnApplied(string group, in Command<RegisterCommand> command, long value)
    {
        var operation = command.Value.Operation;
        if (!entries.TryAdd(operation, (group, command.Entry)))
        {
            if (entries[operation] != (group, command.Entry))
            {
                report("each request is applied once", $"{group} applied operation {operation} at {command.Entry} after {entries[operation].Entry}");
            }
        }

        if (SkipOf(operation) is { } skip)
        {
            skip.WasApplied = true;
            return;
        }

        var (key, index) = (command.Key, command.Entry.Index);
        if (!stamps.TryAdd((group, index), command.Utc) && stamps[(group, index)] != command.Utc)
        {
            report(
                "State Machine Safety", $"{group} is told {command.Utc} at {command.Entry} on one replica and {stamps[(group, index)]} on another");
        }

        var history = HistoryOf(group, key);
        if (!history.TryGetValue(index, out var seen))
        {
            // In a register of which something was skipped, what there must be follows from what is left.
            var expected = IsTouched(group, key) ? RegisterMachine.Apply(Before(history, index), command.Value).State : value;
            history.Add(index, seen = (command.Value, expected));
        }

        if (seen.Value != value && !IsOpen(group, key, index))
        {
            report("State Machine Safety", $"{group} has {key} = {value} after {command.Entry} on one replica and {seen.Value} on another");
        }
    }

    /// <summary>The first replica knows that an operation's entry is skipped: what was made of it does not count from here on.</summary>
    public void OnSkipped(SkippedOperation skip)
    {
        if (entries.TryGetValue(skip.Operation, out var first) && first.Entry.Index < skip.Entry)
        {
            // It was a repetition of what had been applied before.
            return;
        }

        skip.WasApplied = entries.ContainsKey(skip.Operation);
        skipped.Add(skip);
        var history = HistoryOf(skip.Group, skip.Key);
        history.Remove(skip.Entry);
        var value = Before(history, skip.Entry);
        foreach (var index in history.Keys.Where(index => index > skip.Entry).ToArray())
        {
            var command = history[index].Command;
            value = RegisterMachine.Apply(value, command).State;
            history[index] = (command, value);
        }
    }

    /// <summary>A register after an index, as the replicas had it.</summary>
    public long ValueAt(string group, string key, LogIndex index) =>
        values.TryGetValue((group, key), out var history) ? Before(history, index.Value < long.MaxValue ? index.Next : index) : 0;

    /// <summary>Whether a state at an index may be one that a replica discarded later.</summary>
    public bool IsOpen(string group, string key, LogIndex index) => skipped.Exists(skip => skip.LeavesOpen(group, key, index));

    private bool IsTouched(string group, string key) => skipped.Exists(skip => skip.Group == group && skip.Key == key);

    private SortedList<LogIndex, (RegisterCommand Command, long Value)> HistoryOf(string group, string key)
    {
        if (!values.TryGetValue((group, key), out var history))
        {
            values.Add((group, key), history = []);
        }

        return history;
    }

    private static long Before(SortedList<LogIndex, (RegisterCommand Command, long Value)> history, LogIndex index)
    {
        var last = history.Count - 1;
        while (last >= 0 && history.Keys[last] >= index)
        {
            last--;
        }

        return last < 0 ? 0 : history.Values[last].Value;
    }
}
