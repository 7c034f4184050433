using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansRaft;
using OrleansRaft.PostgreSql;

var builder = Host.CreateApplicationBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning); // Orleans tells much
var database = builder.Configuration["Database"]; // without one: a single silo, with its logs in a folder
builder.UseOrleans(silo => (database is null
        ? silo.UseLocalhostClustering().AddRaft(raft => raft.UseSqlite("bank-data"))
        : silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", PostgreSqlSchema.ForOrleans(database)))
            .AddRaft(raft => raft.UsePostgreSql(database)))
    .AddReplicatedGrains("bank", groups: 16, grains => grains.Add<Account>()));
using var app = builder.Build();
await app.StartAsync();

var grains = app.Services.GetRequiredService<IGrainFactory>();
var alice = grains.GetReplicatedGrain<IAccount>("first-bank", "alice").With(TimeSpan.FromMinutes(1));
await alice.With("salary-may").Deposit(10); // applied once, however often it is repeated under this id
await alice.With("rent-may").Transfer("bob", 4);
Console.WriteLine($"alice has {await alice.Balance()}");
await app.StopAsync();

[Alias("bank.IAccount")]
public interface IAccount : IReplicatedGrain
{
    [Alias("Deposit")]
    Task<decimal> Deposit(decimal amount);

    [Alias("Transfer")] // to another account of the same bank, in one step: both change, or neither
    Task Transfer(string to, decimal amount);

    [Alias("Balance"), ReadOnly] // linearizable, and no entry in the log
    ValueTask<decimal> Balance();
}

[GenerateSerializer, Alias("bank.AccountState")]
public sealed class AccountState
{
    [Id(0)]
    public decimal Balance { get; set; }
}

[GenerateSerializer, Alias("bank.Overdrawn")]
public sealed class OverdrawnException(decimal missing) : Exception($"{missing} is missing.")
{
    [Id(0)]
    public decimal Missing { get; private set; } = missing;
}

// Runs on every replica: no clock, no randomness, nothing from outside.
[Alias("bank.Account")]
public sealed class Account : ReplicatedGrain<AccountState>, IAccount
{
    public Task<decimal> Deposit(decimal amount) => Task.FromResult(State.Balance += amount);

    public async Task Transfer(string to, decimal amount)
    {
        await Local<IAccount>(to).Deposit(amount);
        State.Balance = State.Balance >= amount ? State.Balance - amount : throw new OverdrawnException(amount - State.Balance);
    }

    public ValueTask<decimal> Balance() => new(State.Balance);
}
