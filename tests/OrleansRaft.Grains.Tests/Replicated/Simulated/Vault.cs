using Orleans.Concurrency;

namespace OrleansRaft.Grains.Tests.Replicated.Simulated;

[Alias("sim.IVault")]
public interface IVault : IReplicatedGrain
{
    [Alias("Put")]
    Task<long> Put(long amount);

    /// <summary>Throws when the amount is not there, after it was given to the other.</summary>
    [Alias("Move")]
    Task<long> Move(string to, long amount);

    [Alias("Take"), Since(2)]
    Task<long> Take(long amount);

    [Alias("Get"), ReadOnly]
    Task<long> Get();

    [Alias("Sum"), ReadOnly]
    Task<long> Sum(string[] keys);
}

[GenerateSerializer, Alias("sim.Empty")]
public sealed class EmptyVaultException(long missing) : Exception("empty")
{
    [Id(0)]
    public long Missing { get; private set; } = missing;
}

[GenerateSerializer, Alias("sim.OldVaultState")]
public sealed class OldVaultState
{
    [Id(0)]
    public long Amount { get; set; }
}

[GenerateSerializer, Alias("sim.VaultState")]
public sealed class VaultState
{
    [Id(0)]
    public long Amount { get; set; }

    [Id(1), Since(2)]
    public long Taken { get; set; }

    [Id(2)]
    public List<string> Names { get; set; } = [];
}

/// <summary>The earlier program.</summary>
public sealed class OldVault : ReplicatedGrain<OldVaultState>, IVault
{
    public Task<long> Put(long amount) => Task.FromResult(State.Amount += amount);

    public async Task<long> Move(string to, long amount)
    {
        await Local<IVault>(to).Put(amount);
        State.Amount -= amount;
        return State.Amount < 0 ? throw new EmptyVaultException(-State.Amount) : State.Amount;
    }

    public Task<long> Take(long amount) => throw new NotSupportedException();

    public Task<long> Get() => Task.FromResult(State.Amount);

    public async Task<long> Sum(string[] keys)
    {
        long sum = 0;
        foreach (var key in keys)
        {
            sum += await Local<IVault>(key).Get();
        }

        return sum;
    }
}

/// <summary>The later program: at its second version amounts may be taken, and a present comes with what is put.</summary>
public sealed class NewVault : ReplicatedGrain<VaultState>, IVault
{
    public Task<long> Put(long amount) => Task.FromResult(State.Amount += amount + (Context.Version >= 2 ? 1 : 0));

    public async Task<long> Move(string to, long amount)
    {
        await Local<IVault>(to).Put(amount);
        State.Amount -= amount;
        return State.Amount < 0 ? throw new EmptyVaultException(-State.Amount) : State.Amount;
    }

    public Task<long> Take(long amount)
    {
        State.Taken += amount;
        return Task.FromResult(State.Amount -= amount);
    }

    public Task<long> Get() => Task.FromResult(State.Amount);

    public async Task<long> Sum(string[] keys)
    {
        long sum = 0;
        foreach (var key in keys)
        {
            sum += await Local<IVault>(key).Get();
        }

        return sum;
    }
}

/// <summary>What is asked of a vault.</summary>
internal enum VaultAction
{
    Put = 0,
    Move = 1,
    Take = 2,
    Get = 3,
    Sum = 4,
}

/// <param name="Id">Names it in the whole run; the request id of a write.</param>
/// <param name="Action">What is asked.</param>
/// <param name="Partition">Of which partition.</param>
/// <param name="Key">Of which vault.</param>
/// <param name="To">The other vault.</param>
/// <param name="Amount">How much.</param>
internal sealed record VaultOperation(string Id, VaultAction Action, string Partition, string Key, string To, long Amount)
{
    public static readonly string[] Partitions = ["north", "south"];
    public static readonly string[] Keys = ["a", "b", "c"];

    public bool IsRead => Action is VaultAction.Get or VaultAction.Sum;

    public Task Call(IVault vault) => Action switch
    {
        VaultAction.Put => vault.Put(Amount),
        VaultAction.Move => vault.Move(To, Amount),
        VaultAction.Take => vault.Take(Amount),
        VaultAction.Get => vault.Get(),
        _ => vault.Sum(Keys),
    };
}
