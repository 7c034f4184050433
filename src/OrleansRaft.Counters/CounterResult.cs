using System.Collections.Immutable;

namespace OrleansRaft.Counters;

/// <summary>What a group of counters answers.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterResult")]
public abstract record CounterResult
{
    private protected CounterResult()
    {
    }
}

/// <summary>The counter as it is, after the write if it was one.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Index">The log index of its last change: its tag.</param>
/// <param name="Term">The term of that entry.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterValue")]
public sealed record CounterValue([property: Id(0)] long Value, [property: Id(1)] long Index, [property: Id(2)] long Term) : CounterResult;

/// <summary>The counter was removed.</summary>
/// <param name="Index">The log index of the removal.</param>
/// <param name="Term">The term of that entry.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterDeleted")]
public sealed record CounterDeleted([property: Id(0)] long Index, [property: Id(1)] long Term) : CounterResult;

/// <summary>There is no such counter; nothing was changed.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterNotFound")]
public sealed record CounterNotFound : CounterResult
{
    /// <summary>The one instance that is needed.</summary>
    public static CounterNotFound Instance { get; } = new();
}

/// <summary>The sum would not fit into 64 bits; nothing was changed.</summary>
/// <param name="Value">The counter's value; 0 if it does not exist.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterOverflow")]
public sealed record CounterOverflow([property: Id(0)] long Value) : CounterResult;

/// <summary>The write's condition does not hold; nothing was changed.</summary>
/// <param name="Index">The counter's tag; 0 if it does not exist.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterConditionFailed")]
public sealed record CounterConditionFailed([property: Id(0)] long Index) : CounterResult;

/// <summary>The counter is new, and the group's state is as large as an operator lets it be; nothing was changed.</summary>
/// <param name="Bytes">How many bytes the state has.</param>
/// <param name="BytesMax">How many it may have.</param>
/// <remarks>Counters that are there still take writes, and may be deleted.</remarks>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterStateFull")]
public sealed record CounterStateFull([property: Id(0)] long Bytes, [property: Id(1)] long BytesMax) : CounterResult;

/// <summary>
/// The command cannot be carried out by any group, such as a write under a key that is no <see cref="CounterKey"/>; nothing was changed.
/// </summary>
/// <param name="Detail">What is wrong, for people.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterCommandRefused")]
public sealed record CounterCommandRefused([property: Id(0)] string Detail) : CounterResult;

/// <summary>How much of a tenant's a group holds.</summary>
/// <param name="Counters">How many counters.</param>
/// <param name="Bytes">How many bytes they take in each replica's state, about, their keys included.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.TenantMeasured")]
public sealed record TenantMeasured([property: Id(0)] long Counters, [property: Id(1)] long Bytes) : CounterResult;

/// <summary>Some counters of a tenant, in ordinal order of their names.</summary>
/// <param name="Counters">The counters.</param>
/// <param name="More">Whether the group holds further ones after the last.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterPage")]
public sealed record CounterPage([property: Id(0)] ImmutableArray<ListedCounter> Counters, [property: Id(1)] bool More) : CounterResult
{
    /// <inheritdoc/>
    public bool Equals(CounterPage? other) => other is not null && More == other.More && Counters.AsSpan().SequenceEqual(other.Counters.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Counters.Length, More);
}

/// <summary>A counter in a <see cref="CounterPage"/>.</summary>
/// <param name="Counter">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="Index">The log index of its last change.</param>
/// <param name="Term">The term of that entry.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.ListedCounter")]
public readonly record struct ListedCounter(
    [property: Id(0)] string Counter,
    [property: Id(1)] long Value,
    [property: Id(2)] long Index,
    [property: Id(3)] long Term);
