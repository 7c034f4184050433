namespace OrleansRaft.Counters;

/// <summary>A counter in memory.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Index">The log index of its last change.</param>
/// <param name="Term">The term of that entry.</param>
internal readonly record struct CounterState(long Value, long Index, long Term);

/// <summary>The counters of one tenant in one group. Their order is kept only once somebody has asked for it.</summary>
internal sealed class TenantCounters
{
    private readonly Dictionary<string, CounterState> counters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CounterState>.AlternateLookup<ReadOnlySpan<char>> byName;

    private SortedSet<string>? order;

    public TenantCounters() => byName = counters.GetAlternateLookup<ReadOnlySpan<char>>();

    public int Count => counters.Count;

    /// <summary>The names in ordinal order.</summary>
    public SortedSet<string> Order => order ??= new SortedSet<string>(counters.Keys, StringComparer.Ordinal);

    public CounterState this[string name] => counters[name];

    /// <summary>The names in ordinal order, without starting to keep it.</summary>
    public IEnumerable<string> Sorted() => order is not null ? order : CounterSnapshot.Sorted(counters.Keys, counters.Count);

    public bool TryGet(ReadOnlySpan<char> name, out CounterState state) => byName.TryGetValue(name, out state);

    public void Set(ReadOnlySpan<char> name, CounterState state)
    {
        var before = counters.Count;
        byName[name] = state;
        if (order is not null && counters.Count != before)
        {
            order.Add(name.ToString());
        }
    }

    public void Remove(ReadOnlySpan<char> name)
    {
        if (byName.Remove(name, out var stored, out _))
        {
            order?.Remove(stored);
        }
    }
}
