namespace OrleansRaft.Benchmarks.Plain;

/// <summary>What a user of Orleans would write without this library: a grain that writes its state to its storage at each increment.</summary>
[Alias("bench.plain-counter")]
internal interface IPlainCounterGrain : IGrainWithStringKey
{
    /// <summary>Adds, and answers once the sum is stored.</summary>
    [Alias("increment")]
    Task<long> IncrementAsync(long by);

    /// <summary>The value.</summary>
    [Alias("get")]
    Task<long> GetAsync();
}

/// <inheritdoc cref="IPlainCounterGrain"/>
internal sealed class PlainCounterGrain(
    [PersistentState("counter", PlainSilo.StorageName)] IPersistentState<PlainCounterState> counter) : Grain, IPlainCounterGrain
{
    public async Task<long> IncrementAsync(long by)
    {
        counter.State.Value += by;
        await counter.WriteStateAsync();
        return counter.State.Value;
    }

    public Task<long> GetAsync() => Task.FromResult(counter.State.Value);
}

[GenerateSerializer]
[Alias("bench.plain-counter-state")]
internal sealed class PlainCounterState
{
    [Id(0)]
    public long Value { get; set; }
}
