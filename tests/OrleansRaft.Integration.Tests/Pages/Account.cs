using System.Buffers;
using System.Text.Json;

namespace OrleansRaft.Integration.Tests.Pages;

[GenerateSerializer, Alias("account-command")]
public abstract record AccountCommand;

[GenerateSerializer, Alias("deposit")]
public sealed record Deposit([property: Id(0)] decimal Amount) : AccountCommand;

public sealed class Account : IStateMachine<AccountCommand, decimal>
{
    private SortedDictionary<string, decimal> balances = new(StringComparer.Ordinal);

    // Deterministic: no clock, no randomness, nothing from outside.
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
