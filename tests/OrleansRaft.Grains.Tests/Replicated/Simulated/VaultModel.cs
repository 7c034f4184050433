namespace OrleansRaft.Grains.Tests.Replicated.Simulated;

/// <summary>What vaults must answer: each operation on its own, in the order of the log. It knows no replicas.</summary>
internal sealed class VaultModel
{
    private readonly SortedList<LogIndex, Dictionary<(string, string), long>> states = new() { [LogIndex.Zero] = [] };

    /// <summary>Goes on by an operation.</summary>
    /// <returns>The result; null when it throws.</returns>
    public long? Apply(LogIndex index, VaultOperation operation, int version)
    {
        var state = new Dictionary<(string, string), long>(states.Values[^1]);
        var (key, present) = ((operation.Partition, operation.Key), version >= 2 ? 1 : 0);
        long? result;
        switch (operation.Action)
        {
            case VaultAction.Put:
                result = state[key] = state.GetValueOrDefault(key) + operation.Amount + present;
                break;
            case VaultAction.Take:
                result = state[key] = state.GetValueOrDefault(key) - operation.Amount;
                break;
            default:
                var other = (operation.Partition, operation.To);
                var changed = new Dictionary<(string, string), long>(state);
                changed[other] = changed.GetValueOrDefault(other) + operation.Amount + present;
                result = changed[key] = changed.GetValueOrDefault(key) - operation.Amount;
                (state, result) = result < 0 ? (state, null) : (changed, result);
                break;
        }

        states[index] = state;
        return result;
    }

    /// <summary>What a read at an index answers.</summary>
    public long Read(LogIndex index, VaultOperation operation)
    {
        var place = states.Count - 1;
        while (states.Keys[place] > index)
        {
            place--;
        }

        var state = states.Values[place];
        return operation.Action == VaultAction.Get
            ? state.GetValueOrDefault((operation.Partition, operation.Key))
            : VaultOperation.Keys.Sum(key => state.GetValueOrDefault((operation.Partition, key)));
    }
}
