using System.Buffers;
using System.Text.Json;

namespace OrleansRaft.RollingUpgrade;

/// <summary>Changes a counter.</summary>
/// <param name="Amount">How much is added.</param>
#if NEWER
// While a cluster works at the first feature level a repetition is recognized by its bytes: a fee that is not set must not be in them.
[GenerateSerializer, Immutable, Alias("upgrade-change"), OmitDefaultMemberValues]
internal record Change([property: Id(0)] long Amount)
{
    /// <summary>What is taken off, which the former build would not read.</summary>
    [Id(1), Since(2)]
    public long Fee { get; init; }
}

/// <summary>Stops a counter for ever. The former build does not know it.</summary>
[GenerateSerializer, Immutable, Alias("upgrade-freeze"), Since(2)]
internal sealed record Freeze() : Change(0);
#else
[GenerateSerializer, Immutable, Alias("upgrade-change")]
internal sealed record Change([property: Id(0)] long Amount);
#endif

/// <summary>
/// Counters. The newer build keeps more state from version 2 on: how often counters were changed, and which of them are frozen, which changes what a
/// change is answered.
/// </summary>
#if NEWER
internal sealed class CounterMachine : IStateMachine<Change, long>, IVersionedStateMachine
#else
internal sealed class CounterMachine : IStateMachine<Change, long>
#endif
{
    /// <summary>What a change of a frozen counter is answered.</summary>
    public const long Refused = long.MinValue;

    private State state = new([], null, null);

#if NEWER
    public int NewestVersion => 2;

    public int Version { get; set; } = 1;

    public void Upgrade(int from, int to) => state = state with { Frozen = [], Changes = 0 };
#endif

    public void Apply(ReadOnlySpan<Command<Change>> commands, Span<long> results)
    {
        for (var place = 0; place < commands.Length; place++)
        {
            results[place] = Apply(commands[place].Key, commands[place].Value);
        }
    }

    public long Query(in Command<Change> query) => state.Values.GetValueOrDefault(query.Key);

    public void Capture(IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, state);
    }

    public void Restore(ReadOnlyMemory<byte> snapshot) =>
        state = snapshot.IsEmpty ? new State([], null, null) : JsonSerializer.Deserialize<State>(snapshot.Span)!;

    private long Apply(string key, Change change)
    {
#if NEWER
        if (Version > 1)
        {
            state = state with { Changes = state.Changes + 1 };
            if (change is Freeze)
            {
                state.Frozen!.Add(key);
                return Refused;
            }

            if (state.Frozen!.Contains(key))
            {
                return Refused;
            }

            return state.Values[key] = state.Values.GetValueOrDefault(key) + change.Amount - change.Fee;
        }
#endif
        return state.Values[key] = state.Values.GetValueOrDefault(key) + change.Amount;
    }

    /// <summary>All of it, in the order in which it is written; what is null belongs to a later version.</summary>
    private sealed record State(SortedDictionary<string, long> Values, SortedSet<string>? Frozen, long? Changes);
}
