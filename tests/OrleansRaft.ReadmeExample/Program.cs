using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Concurrency;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.PostgreSql;
using OrleansRaft.PostgreSql.Hosting;
using OrleansRaft.ReplicatedGrains;

var builder = Host.CreateApplicationBuilder(args);
var database = builder.Configuration["Database"] ?? "Host=127.0.0.1;Username=oraft;Database=oraft";
builder.UseOrleans(silo => silo
    .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", PostgreSqlSchema.ForOrleans(database)))
    .AddRaft(raft => raft.UsePostgreSql(database))
    .AddReplicatedGrains("accounts", groups: 16, grains => grains.Add<Account>()));
using var app = builder.Build();
await app.StartAsync();

var grains = app.Services.GetRequiredService<IGrainFactory>();
var alice = grains.GetReplicatedGrain<IAccount>("alice").With(TimeSpan.FromMinutes(1));
await alice.With("deposit-1").Deposit(10); // applied once, however often it is repeated under this id
Console.WriteLine($"alice has {await alice.Balance()}");
await app.StopAsync();

[Alias("bank.IAccount")]
public interface IAccount : IReplicatedGrain
{
    [Alias("Deposit")]
    Task<decimal> Deposit(decimal amount);

    [Alias("Withdraw")]
    Task<decimal> Withdraw(decimal amount);

    [Alias("Balance"), ReadOnly] // linearizable, and no entry in the log
    ValueTask<decimal> Balance();
}

[GenerateSerializer, Alias("bank.AccountState")]
public sealed class AccountState
{
    [Id(0)]
    public decimal Balance { get; set; }
}

// Runs on every replica: no clock, no dice, nothing from outside.
[Alias("bank.Account")]
public sealed class Account : ReplicatedGrain<AccountState>, IAccount
{
    public Task<decimal> Deposit(decimal amount) => Task.FromResult(State.Balance += amount);

    public Task<decimal> Withdraw(decimal amount) => amount <= State.Balance
        ? Task.FromResult(State.Balance -= amount)
        : throw new InvalidOperationException(); // reaches the caller, and nothing was changed

    public ValueTask<decimal> Balance() => new(State.Balance);
}
