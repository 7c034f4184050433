using Orleans.Concurrency;

namespace OrleansRaft.Integration.Tests.Grains;

[Alias("test.IPurse")]
public interface IPurse : IReplicatedGrain
{
    [Alias("Put")]
    Task<long> Put(long amount);

    [Alias("Move")]
    Task Move(string to, long amount);

    [Alias("Count"), ReadOnly]
    ValueTask<long> Count();

    [Alias("Sum"), ReadOnly]
    Task<long> Sum(string[] keys);

    [Alias("Now")]
    Task<DateTimeOffset> Now();

    [Alias("Wait")]
    Task<long> Take(CancellationToken cancellation);
}

[GenerateSerializer, Alias("test.PurseState")]
public sealed class PurseState
{
    [Id(0)]
    public long Amount { get; set; }
}

[GenerateSerializer, Alias("test.EmptyPurse")]
public sealed class EmptyPurseException(string purse, long missing) : Exception($"{purse} lacks {missing}")
{
    [Id(0)]
    public long Missing { get; private set; } = missing;
}

[Alias("test.Purse")]
public sealed class Purse : ReplicatedGrain<PurseState>, IPurse
{
    public const string Set = "money";

    /// <summary>Adds the set to a silo.</summary>
    public static void AddTo(ISiloBuilder silo, int groups) => silo.AddReplicatedGrains(Set, groups, static grains => grains.Add<Purse>());

    public Task<long> Put(long amount) => Task.FromResult(State.Amount += amount);

    public async Task Move(string to, long amount)
    {
        await Local<IPurse>(to).Put(amount);
        State.Amount -= amount;
        if (State.Amount < 0)
        {
            throw new EmptyPurseException(Key, -State.Amount);
        }
    }

    public Task<DateTimeOffset> Now() => Task.FromResult(Context.Time);

    public ValueTask<long> Count() => new(State.Amount);

    public async Task<long> Sum(string[] keys)
    {
        long sum = 0;
        foreach (var key in keys)
        {
            sum += await Local<IPurse>(key).Count();
        }

        return sum;
    }

    public Task<long> Take(CancellationToken cancellation) => Task.FromResult(--State.Amount);
}

/// <summary>Nobody has a class for it.</summary>
[Alias("test.IOrphan")]
public interface IOrphan : IReplicatedGrain
{
    [Alias("Call")]
    Task Call();
}

[Alias("test.IShopper")]
public interface IShopper : IGrainWithStringKey
{
    [Alias("Pay")]
    Task<long> Pay(string purse, long amount);
}

/// <summary>A plain grain that calls a replicated one.</summary>
public sealed class Shopper : Grain, IShopper
{
    public Task<long> Pay(string purse, long amount) => GrainFactory.GetReplicatedGrain<IPurse>(purse).Put(-amount);
}
