using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Counters;

/// <summary>The state machine of a group of counters: 64-bit numbers of many tenants, each with the log index of its last change.</summary>
/// <remarks>
/// An increment that would overflow, a write whose condition does not hold, and a new counter in a state that is full are refused whole and change
/// nothing.
/// </remarks>
public sealed class CounterMachine : IViewStateMachine<CounterCommand, CounterResult>, IMeasuredState, IRequestScopes, IBoundedTime
{
    /// <summary>The name of the set of groups that hold counters: <c>counters-0</c>, <c>counters-1</c>, ...</summary>
    public const string SetName = "counters";

    private readonly KeyedState counters = new();
    private readonly TenantTotals totals = new();

    /// <inheritdoc/>
    public long StateBytes => counters.Bytes;

    /// <inheritdoc/>
    public long StateKeys => counters.Count;

    /// <inheritdoc/>
    public UInt128 StateDigest => counters.Digest;

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
        MeasureTenant measure => Measure(measure.Tenant),
        ListCounters list => List(list),
        _ => new CounterCommandRefused($"{query.Value.GetType().Name} changes counters; submit it instead of asking it"),
    };

    /// <inheritdoc/>
    public ReadOnlySpan<byte> ScopeOf(ReadOnlySpan<byte> requestId) => CounterRequestId.TenantOf(requestId);

    /// <inheritdoc/>
    public IStateView TakeView() => CounterSnapshot.View(counters);

    /// <inheritdoc/>
    public void Restore(Stream snapshot)
    {
        totals.Clear();
        CounterSnapshot.Read(snapshot, counters);
        foreach (var (key, _) in counters.Entries())
        {
            totals.Add(key);
        }
    }

    private CounterResult ApplyOne(in Command<CounterCommand> command)
    {
        if (command.Value is GetCounter or ListCounters or MeasureTenant)
        {
            return Query(in command);
        }

        Span<byte> buffer = stackalloc byte[CounterEntry.KeyBytesMax];
        if (!CounterEntry.TryWriteKey(command.Key, buffer, out var key))
        {
            return new CounterCommandRefused($"\"{command.Key}\" is not the key of a counter; use tenant/counter");
        }

        var exists = TryGet(key, out var current);
        var condition = Condition(command.Value);
        if (!Meets(condition, exists, current))
        {
            return new CounterConditionFailed(current.Index);
        }

        return command.Value switch
        {
            IncrementCounter increment when Overflows(current.Value, increment.By) => new CounterOverflow(current.Value),
            IncrementCounter increment => Put(key, exists, current.Value + increment.By, in command),
            SetCounter set => Put(key, exists, set.Value, in command),
            DeleteCounter when !exists => CounterNotFound.Instance,
            DeleteCounter => Remove(key, command.Entry),
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

    private static bool Meets(CounterCondition condition, bool exists, CounterEntry current) => condition.Kind switch
    {
        CounterConditionKind.Exists => exists,
        CounterConditionKind.Unchanged => exists && current.Index == condition.Tag,
        _ => true,
    };

    private static bool Overflows(long value, long by) => by > 0 ? value > long.MaxValue - by : value < long.MinValue - by;

    private bool TryGet(ReadOnlySpan<byte> key, out CounterEntry entry)
    {
        var exists = counters.TryGet(key, out var bytes);
        entry = exists ? CounterEntry.Read(bytes) : default;
        return exists;
    }

    private CounterResult Put(ReadOnlySpan<byte> key, bool exists, long value, in Command<CounterCommand> command)
    {
        var (index, term) = (command.Entry.Index.Value, command.Entry.Term.Value);
        Span<byte> buffer = stackalloc byte[CounterEntry.ValueBytesMax];
        var bytes = new CounterEntry(value, index, term).Write(buffer);

        // The numbers of a counter that is there may take a byte more than before; that must not depend on which it is.
        if (!exists && counters.Check(key, bytes.Length, command.StateBytesMax) == KeyedWrite.StateTooLarge)
        {
            return new CounterStateFull(counters.Bytes, command.StateBytesMax);
        }

        if (!exists)
        {
            totals.Add(key);
        }

        counters.Set(key, bytes);
        return new CounterValue(value, index, term);
    }

    private CounterDeleted Remove(ReadOnlySpan<byte> key, EntryId entry)
    {
        totals.Remove(key);
        counters.Remove(key);
        return new CounterDeleted(entry.Index.Value, entry.Term.Value);
    }

    private TenantMeasured Measure(string tenant) =>
        NameRule.IsStorable(tenant) ? totals.Of(Encoding.ASCII.GetBytes(tenant)) : new TenantMeasured(0, 0);

    private CounterResult Get(string key)
    {
        Span<byte> buffer = stackalloc byte[CounterEntry.KeyBytesMax];
        return CounterEntry.TryWriteKey(key, buffer, out var bytes) && TryGet(bytes, out var entry)
            ? new CounterValue(entry.Value, entry.Index, entry.Term)
            : CounterNotFound.Instance;
    }

    private CounterResult List(ListCounters list)
    {
        if (list.Limit is < 1 or > ListCounters.LimitMax)
        {
            return new CounterCommandRefused(
                string.Create(CultureInfo.InvariantCulture, $"a list of {list.Limit} counters cannot be had; ask for 1 to {ListCounters.LimitMax}"));
        }

        if (!NameRule.IsStorable(list.Tenant))
        {
            return new CounterPage([], More: false);
        }

        // The least key above a counter's is that key with a byte 0 behind it. What is no name sorts among names in UTF-8 as it does in UTF-16:
        // names are ASCII.
        var prefix = Encoding.UTF8.GetBytes(new CounterKey(list.Tenant, "").ToString());
        var first = list.After.Length == 0 ? prefix : [.. prefix, .. Encoding.UTF8.GetBytes(list.After), 0];
        var page = ImmutableArray.CreateBuilder<ListedCounter>();
        foreach (var (key, value) in counters.EntriesWith(prefix, first))
        {
            if (page.Count == list.Limit)
            {
                return new CounterPage(page.ToImmutable(), More: true);
            }

            var entry = CounterEntry.Read(value);
            page.Add(new ListedCounter(Encoding.ASCII.GetString(key[prefix.Length..]), entry.Value, entry.Index, entry.Term));
        }

        return new CounterPage(page.ToImmutable(), More: false);
    }
}
