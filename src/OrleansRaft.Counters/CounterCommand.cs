namespace OrleansRaft.Counters;

/// <summary>
/// What can be asked of a group of counters. Which counter is said by the key the command is sent under, a <see cref="CounterKey"/>.
/// </summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.CounterCommand")]
public abstract record CounterCommand
{
    private protected CounterCommand()
    {
    }
}

/// <summary>Adds to a counter; one that does not exist starts at 0. Refused whole if the sum does not fit into 64 bits.</summary>
/// <param name="By">How much; may be negative.</param>
/// <param name="Condition">What must hold.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.IncrementCounter")]
public sealed record IncrementCounter([property: Id(0)] long By, [property: Id(1)] CounterCondition Condition = default) : CounterCommand
{
    /// <summary>
    /// Whether no counter is made: where there is none the answer is <see cref="CounterConditionFailed"/>. Says whoever keeps tenants to what they
    /// may have. It is no part of what a client asks for, and in the log the condition <see cref="CounterCondition.Exists"/>.
    /// </summary>
    [Id(2)]
    [NotIdentity]
    public bool MakesNone { get; init; }
}

/// <summary>Gives a counter a value, whether it exists or not.</summary>
/// <param name="Value">The value.</param>
/// <param name="Condition">What must hold.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.SetCounter")]
public sealed record SetCounter([property: Id(0)] long Value, [property: Id(1)] CounterCondition Condition = default) : CounterCommand
{
    /// <inheritdoc cref="IncrementCounter.MakesNone"/>
    [Id(2)]
    [NotIdentity]
    public bool MakesNone { get; init; }
}

/// <summary>Removes a counter.</summary>
/// <param name="Condition">What must hold.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.DeleteCounter")]
public sealed record DeleteCounter([property: Id(0)] CounterCondition Condition = default) : CounterCommand;

/// <summary>Asks for a counter. A query.</summary>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.GetCounter")]
public sealed record GetCounter : CounterCommand;

/// <summary>Asks a group how much of a tenant's it holds. A query; the key it is sent under means nothing.</summary>
/// <param name="Tenant">The tenant.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.MeasureTenant")]
public sealed record MeasureTenant([property: Id(0)] string Tenant) : CounterCommand;

/// <summary>Asks a group for those counters of a tenant that it holds, in ordinal order. A query; the key it is sent under means nothing.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="After">Counters after this name; empty for all.</param>
/// <param name="Limit">How many at most; from 1.</param>
[GenerateSerializer]
[Immutable]
[Alias("OrleansRaft.Counters.ListCounters")]
public sealed record ListCounters([property: Id(0)] string Tenant, [property: Id(1)] string After, [property: Id(2)] int Limit) : CounterCommand
{
    /// <summary>The most that <see cref="Limit"/> may be.</summary>
    public const int LimitMax = 1_000;
}
