using OrleansRaft.Counters;

namespace OrleansRaft.Core.Tests.Counters;

/// <summary>What counters should do, in the plainest words: one sorted table, and sums in 128 bits.</summary>
internal sealed class CounterModel
{
    public SortedDictionary<string, (long Value, long Index, long Term)> Counters { get; } = new(StringComparer.Ordinal);

    public CounterResult Apply(CounterCommand command, string key, long index, long term)
    {
        var name = key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..];
        if (name.Length == 0 || name.Contains('~', StringComparison.Ordinal))
        {
            return new CounterCommandRefused($"\"{key}\" is not the key of a counter; use tenant/counter");
        }

        var found = Counters.TryGetValue(key, out var current);
        var (by, value, condition) = command switch
        {
            IncrementCounter increment => (increment.By, 0L, increment.Condition),
            SetCounter set => (0L, set.Value, set.Condition),
            DeleteCounter delete => (0L, 0L, delete.Condition),
            _ => throw new ArgumentException("not a write", nameof(command)),
        };
        var met = condition.Kind == CounterConditionKind.None
            || (found && (condition.Kind == CounterConditionKind.Exists || condition.Tag == current.Index));
        if (!met)
        {
            return new CounterConditionFailed(found ? current.Index : 0);
        }

        if (command is DeleteCounter)
        {
            return Counters.Remove(key) ? new CounterDeleted(index, term) : CounterNotFound.Instance;
        }

        var sum = (Int128)current.Value + by;
        if (command is IncrementCounter && (sum < long.MinValue || sum > long.MaxValue))
        {
            return new CounterOverflow(current.Value);
        }

        var next = command is SetCounter ? value : (long)sum;
        Counters[key] = (next, index, term);
        return new CounterValue(next, index, term);
    }

    public CounterPage List(string tenant, string after, int limit)
    {
        var all = Counters
            .Where(pair => pair.Key.StartsWith(tenant + "/", StringComparison.Ordinal))
            .Select(pair => new ListedCounter(pair.Key[(tenant.Length + 1)..], pair.Value.Value, pair.Value.Index, pair.Value.Term))
            .Where(counter => string.CompareOrdinal(counter.Counter, after) > 0)
            .OrderBy(counter => counter.Counter, StringComparer.Ordinal)
            .ToList();
        return new CounterPage([.. all.Take(limit)], all.Count > limit);
    }
}
