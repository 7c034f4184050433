using Orleans.Concurrency;

namespace OrleansRaft.Benchmarks.Replicated;

/// <summary>A counter as a replicated grain.</summary>
[Alias("bench.ITally")]
public interface ITally : IReplicatedGrain
{
    /// <summary>Adds to it.</summary>
    [Alias("Add")]
    Task<long> Add(long number);

    /// <summary>Its value.</summary>
    [Alias("Get"), ReadOnly]
    ValueTask<long> Get();
}

/// <summary>What a tally keeps.</summary>
[GenerateSerializer, Alias("bench.TallyState")]
public sealed class TallyState
{
    /// <summary>Its value.</summary>
    [Id(0)]
    public long Value { get; set; }

    /// <summary>Something of a size.</summary>
    [Id(1)]
    public byte[] Filling { get; set; } = [];
}

/// <inheritdoc cref="ITally"/>
[Alias("bench.Tally")]
public sealed class Tally : ReplicatedGrain<TallyState>, ITally
{
    /// <summary>The set that keeps tallies.</summary>
    public const string Set = "tallies";

    /// <inheritdoc/>
    public Task<long> Add(long number) => Task.FromResult(State.Value += number);

    /// <inheritdoc/>
    public ValueTask<long> Get() => new(State.Value);
}
