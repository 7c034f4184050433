using OrleansRaft;

namespace RaftApp_1.Grains;

/// <summary>What is kept of one key. Members without an id do not last; a later one is [Id(1), Since(2)].</summary>
[GenerateSerializer, Alias("RaftApp_1.TallyState")]
public sealed class TallyState
{
    [Id(0)]
    public long Count { get; set; }
}

/// <summary>Runs on every replica: no clock, no randomness, nothing from outside but what Context offers.</summary>
[Alias("RaftApp_1.Tally")]
public sealed class Tally : ReplicatedGrain<TallyState>, ITally
{
    public Task<long> Add(int amount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount); // reaches the caller, and nothing was changed
        return Task.FromResult(State.Count += amount);
    }

    public ValueTask<long> Count() => new(State.Count);
}
