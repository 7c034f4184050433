using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansRaft.Client;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.PostgreSql;
using OrleansRaft.PostgreSql.Hosting;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

var builder = Host.CreateApplicationBuilder(args);
var database = builder.Configuration["Database"] ?? "Host=127.0.0.1;Username=oraft;Database=oraft";
builder.UseOrleans(silo => silo
    .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", PostgreSqlSchema.ForOrleans(database)))
    .AddRaft(raft => raft.UsePostgreSql(database))
    .AddRaftStateMachine<AccountCommand, decimal, Account>("accounts", groups: 16));
using var app = builder.Build();
await app.StartAsync();

var account = app.Services.GetRequiredService<IGrainFactory>().GetRaftGroup<AccountCommand, decimal>("accounts", "alice");
Outcome<decimal> outcome;
do
{
    outcome = await account.SubmitAsync(new Deposit(10), requestId: "deposit-1"); // applied once, however often it is submitted
}
while (outcome is Unknown<decimal> or Rejected<decimal> { Reason: RejectionReason.NoLeader });
Console.WriteLine(outcome is Committed<decimal> done ? $"alice has {done.Value}" : outcome.ToString());
await app.StopAsync();

[GenerateSerializer, Alias("account-command")]
public abstract record AccountCommand;

[GenerateSerializer, Alias("deposit")]
public sealed record Deposit([property: Id(0)] decimal Amount) : AccountCommand;

public sealed class Account : IStateMachine<AccountCommand, decimal>
{
    private SortedDictionary<string, decimal> balances = new(StringComparer.Ordinal);

    // Deterministic: no clock, no dice, nothing from outside.
    public void Apply(ReadOnlySpan<Command<AccountCommand>> commands, Span<decimal> results)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            var (key, amount) = (commands[i].Key, commands[i].Value is Deposit deposit ? deposit.Amount : 0);
            results[i] = balances[key] = balances.GetValueOrDefault(key) + amount;
        }
    }

    public decimal Query(in Command<AccountCommand> query) => balances.GetValueOrDefault(query.Key);

    // The whole state; equal states write equal bytes.
    public void Capture(IBufferWriter<byte> output) => output.Write(JsonSerializer.SerializeToUtf8Bytes(balances));

    public void Restore(ReadOnlyMemory<byte> snapshot) => balances = snapshot.IsEmpty
        ? new(StringComparer.Ordinal)
        : new(JsonSerializer.Deserialize<Dictionary<string, decimal>>(snapshot.Span)!, StringComparer.Ordinal);
}
