using Orleans.Concurrency;
using OrleansRaft;

namespace RaftApp_1.Grains;

/// <summary>Counts something. Its aliases are what logs hold: keep them when you rename.</summary>
[Alias("RaftApp_1.ITally")]
public interface ITally : IReplicatedGrain
{
    /// <summary>Adds to the tally, once for each request id, and answers what it is then.</summary>
    [Alias("Add")]
    Task<long> Add(int amount);

    /// <summary>What the tally is: a linearizable read, which makes no entry in the log.</summary>
    [Alias("Count"), ReadOnly]
    ValueTask<long> Count();
}
