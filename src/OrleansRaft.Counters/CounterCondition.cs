namespace OrleansRaft.Counters;

/// <summary>What must hold for a write to be applied: HTTP's <c>If-Match</c>.</summary>
/// <param name="Kind">Which condition.</param>
/// <param name="Tag">For <see cref="CounterConditionKind.Unchanged"/>, the log index of the last change that the writer saw; else 0.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterCondition")]
public readonly record struct CounterCondition([property: Id(0)] CounterConditionKind Kind, [property: Id(1)] long Tag)
{
    /// <summary>The write is applied in any case.</summary>
    public static CounterCondition None => default;

    /// <summary>The counter exists.</summary>
    public static CounterCondition Exists => new(CounterConditionKind.Exists, 0);

    /// <summary>The counter has not changed since the log index <paramref name="tag"/>.</summary>
    public static CounterCondition Unchanged(long tag) => new(CounterConditionKind.Unchanged, tag);
}

/// <summary>The kinds of a <see cref="CounterCondition"/>. The values are part of the binary form.</summary>
public enum CounterConditionKind
{
    /// <summary>Nothing is asked.</summary>
    None = 0,

    /// <summary>The counter exists.</summary>
    Exists = 1,

    /// <summary>The counter exists, and its last change is the one at <see cref="CounterCondition.Tag"/>.</summary>
    Unchanged = 2,
}
