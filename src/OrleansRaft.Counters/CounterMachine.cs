using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Counters;

/// <summary>The state machine of a group of counters: 64-bit numbers of many tenants, each with the log index of its last change.</summary>
/// <remarks>An increment that would overflow, and a write whose condition does not hold, are refused whole and change nothing.</remarks>
public sealed class CounterMachine : IStateMachine<CounterCommand, CounterResult>, IRequestScopes, IBoundedTime
{
    /// <summary>The name of the set of groups that hold counters: <c>counters-0</c>, <c>counters-1</c>, ...</summary>
    public const string SetName = "counters";

    private readonly Dictionary<string, TenantCounters> tenants = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TenantCounters>.AlternateLookup<ReadOnlySpan<char>> byName;

    /// <summary>Makes a machine without counters.</summary>
    public CounterMachine() => byName = tenants.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<Command<CounterCommand>> commands, Span<CounterResult> results)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            results[i] = ApplyOne(in commands[i]);
        }
    }

    /// <inheritdoc/>
    public CounterResult Query(in Command<CounterCommand> query) => query.Value switch
    {
        GetCounter => Get(query.Key),
        ListCounters list => List(list),
        _ => new CounterCommandRefused($"{query.Value.GetType().Name} changes counters; submit it instead of asking it"),
    };

    /// <inheritdoc/>
    public ReadOnlySpan<byte> ScopeOf(ReadOnlySpan<byte> requestId) => CounterRequestId.TenantOf(requestId);

    /// <inheritdoc/>
    public void Capture(IBufferWriter<byte> output) => CounterSnapshot.Write(tenants, output);

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        tenants.Clear();
        if (!snapshot.IsEmpty)
        {
            CounterSnapshot.Read(snapshot, tenants);
        }
    }

    private CounterResult ApplyOne(in Command<CounterCommand> command)
    {
        if (command.Value is GetCounter or ListCounters)
        {
            return Query(in command);
        }

        if (!CounterKey.TrySplit(command.Key, out var tenant, out var counter) || !NameRule.IsStorable(tenant) || !NameRule.IsStorable(counter))
        {
            return new CounterCommandRefused($"\"{command.Key}\" is no key of a counter; use tenant/counter");
        }

        var exists = TryGet(tenant, counter, out var current);
        var condition = Condition(command.Value);
        if (!Meets(condition, exists, current))
        {
            return new CounterConditionFailed(current.Index);
        }

        return command.Value switch
        {
            IncrementCounter increment when Overflows(current.Value, increment.By) => new CounterOverflow(current.Value),
            IncrementCounter increment => Put(tenant, counter, current.Value + increment.By, command.Entry),
            SetCounter set => Put(tenant, counter, set.Value, command.Entry),
            DeleteCounter when !exists => CounterNotFound.Instance,
            DeleteCounter => Remove(tenant, counter, command.Entry),
            _ => new CounterCommandRefused($"{command.Value.GetType().Name} is unknown to counters"),
        };
    }

    private static CounterCondition Condition(CounterCommand command) => command switch
    {
        IncrementCounter increment => increment.Condition,
        SetCounter set => set.Condition,
        DeleteCounter delete => delete.Condition,
        _ => CounterCondition.None,
    };

    private static bool Meets(CounterCondition condition, bool exists, CounterState current) => condition.Kind switch
    {
        CounterConditionKind.Exists => exists,
        CounterConditionKind.Unchanged => exists && current.Index == condition.Tag,
        _ => true,
    };

    private static bool Overflows(long value, long by) => by > 0 ? value > long.MaxValue - by : value < long.MinValue - by;

    private bool TryGet(ReadOnlySpan<char> tenant, ReadOnlySpan<char> counter, out CounterState state)
    {
        state = default;
        return byName.TryGetValue(tenant, out var counters) && counters.TryGet(counter, out state);
    }

    private CounterValue Put(ReadOnlySpan<char> tenant, ReadOnlySpan<char> counter, long value, EntryId entry)
    {
        if (!byName.TryGetValue(tenant, out var counters))
        {
            byName[tenant] = counters = new TenantCounters();
        }

        counters.Set(counter, new CounterState(value, entry.Index.Value, entry.Term.Value));
        return new CounterValue(value, entry.Index.Value, entry.Term.Value);
    }

    private CounterDeleted Remove(ReadOnlySpan<char> tenant, ReadOnlySpan<char> counter, EntryId entry)
    {
        var counters = byName[tenant];
        counters.Remove(counter);

        // A tenant without counters must leave no trace: replicas are compared by their bytes, one of them may come from a snapshot.
        if (counters.Count == 0)
        {
            byName.Remove(tenant);
        }

        return new CounterDeleted(entry.Index.Value, entry.Term.Value);
    }

    private CounterResult Get(string key) =>
        CounterKey.TrySplit(key, out var tenant, out var counter) && TryGet(tenant, counter, out var state)
            ? new CounterValue(state.Value, state.Index, state.Term)
            : CounterNotFound.Instance;

    private CounterResult List(ListCounters list)
    {
        if (list.Limit is < 1 or > ListCounters.LimitMax)
        {
            return new CounterCommandRefused(
                string.Create(CultureInfo.InvariantCulture, $"a list of {list.Limit} counters cannot be had; ask for 1 to {ListCounters.LimitMax}"));
        }

        if (!tenants.TryGetValue(list.Tenant, out var counters))
        {
            return new CounterPage([], More: false);
        }

        var page = ImmutableArray.CreateBuilder<ListedCounter>(Math.Min(list.Limit, counters.Count));
        foreach (var name in After(counters.Order, list.After))
        {
            if (page.Count == list.Limit)
            {
                return new CounterPage(page.ToImmutable(), More: true);
            }

            var state = counters[name];
            page.Add(new ListedCounter(name, state.Value, state.Index, state.Term));
        }

        return new CounterPage(page.ToImmutable(), More: false);
    }

    private static SortedSet<string> After(SortedSet<string> names, string after)
    {
        if (after.Length == 0 || names.Max is not { } last)
        {
            return names;
        }

        // The least text above a name is that name with a character 0 behind it.
        var first = after + '\0';
        return string.CompareOrdinal(first, last) <= 0 ? names.GetViewBetween(first, last) : [];
    }
}
