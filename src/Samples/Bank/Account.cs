using Orleans.Concurrency;
using OrleansRaft.ReplicatedGrains;

namespace Bank;

[Alias("bank.IAccount")]
public interface IAccount : IReplicatedGrain
{
    [Alias("Deposit")]
    Task<decimal> Deposit(decimal amount);

    [Alias("Withdraw")]
    Task<decimal> Withdraw(decimal amount);

    /// <summary>To another account of the same bank, in one step: both change, or neither.</summary>
    [Alias("Transfer")]
    Task Transfer(string to, decimal amount);

    [Alias("Balance"), ReadOnly]
    ValueTask<decimal> Balance();
}

[GenerateSerializer, Alias("bank.Overdrawn")]
public sealed class OverdrawnException(decimal missing) : Exception($"{missing} is missing.")
{
    [Id(0)]
    public decimal Missing { get; private set; } = missing;
}

[GenerateSerializer, Alias("bank.AccountState")]
public sealed class AccountState
{
    [Id(0)]
    public decimal Balance { get; set; }
}

[Alias("bank.Account")]
public sealed class Account : ReplicatedGrain<AccountState>, IAccount
{
    public Task<decimal> Deposit(decimal amount) => Task.FromResult(State.Balance += amount);

    public Task<decimal> Withdraw(decimal amount) => State.Balance >= amount
        ? Task.FromResult(State.Balance -= amount)
        : throw new OverdrawnException(amount - State.Balance);

    public async Task Transfer(string to, decimal amount)
    {
        await Local<IAccount>(to).Deposit(amount);
        await Withdraw(amount);
    }

    public ValueTask<decimal> Balance() => new(State.Balance);
}
