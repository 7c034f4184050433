using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Simulation.Machine;

/// <summary>Which operation was applied by which entry, as seen from outside over all replicas and all their lives.</summary>
/// <param name="report">Told of a property that does not hold, and the detail.</param>
internal sealed class Ledger(Action<string, string> report)
{
    private readonly Dictionary<long, (string Group, EntryId Entry)> entries = [];
    private readonly Dictionary<(string Group, string Key), SortedList<LogIndex, long>> values = [];

    public EntryId? EntryOf(long operation) => entries.TryGetValue(operation, out var applied) ? applied.Entry : null;

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

        if (!values.TryGetValue((group, command.Key), out var history))
        {
            values.Add((group, command.Key), history = []);
        }

        if (!history.TryAdd(command.Entry.Index, value) && history[command.Entry.Index] != value)
        {
            report("State Machine Safety", $"{group} has {command.Key} = {value} after {command.Entry} on one replica and {history[command.Entry.Index]} on another");
        }
    }

    /// <summary>A register after an index, as the replicas had it.</summary>
    public long ValueAt(string group, string key, LogIndex index)
    {
        if (!values.TryGetValue((group, key), out var history))
        {
            return 0;
        }

        var last = history.Count - 1;
        while (last >= 0 && history.Keys[last] > index)
        {
            last--;
        }

        return last < 0 ? 0 : history.Values[last];
    }
}
