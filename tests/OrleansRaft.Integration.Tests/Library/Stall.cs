using Orleans.Concurrency;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>One replicated grain in two programs: the later one has a method and a member of its state more, and charges ten times as much.</summary>
[Alias("test.IStall")]
public interface IStall : IReplicatedGrain
{
    [Alias("Buy")]
    Task<long> Buy(long pieces);

    [Alias("Look"), ReadOnly]
    Task<long> Look();
}

/// <summary>What the later program has besides. In one assembly there is no other way to a program whose interface lacks a method.</summary>
[Alias("test.ICounterDesk")]
public interface ICounterDesk : IReplicatedGrain
{
    [Alias("Return"), Since(2)]
    Task<long> Return(long pieces);
}

[GenerateSerializer, Alias("test.FormerStallState")]
public sealed class FormerStallState
{
    [Id(0)]
    public long Sold { get; set; }
}

[GenerateSerializer, Alias("test.StallState")]
public sealed class StallState
{
    [Id(0)]
    public long Sold { get; set; }

    [Id(1), Since(2)]
    public long Returned { get; set; }
}

/// <summary>The earlier program.</summary>
public sealed class FormerStall : ReplicatedGrain<FormerStallState>, IStall
{
    public Task<long> Buy(long pieces) => Task.FromResult(State.Sold += pieces);

    public Task<long> Look() => Task.FromResult(State.Sold);
}

/// <summary>The later program.</summary>
public sealed class Stall : ReplicatedGrain<StallState>, IStall, ICounterDesk
{
    public Task<long> Buy(long pieces) => Task.FromResult(State.Sold += Context.Version >= 2 ? 10 * pieces : pieces);

    public Task<long> Return(long pieces) => Task.FromResult(State.Returned += pieces);

    public Task<long> Look() => Task.FromResult(State.Sold - State.Returned);
}
