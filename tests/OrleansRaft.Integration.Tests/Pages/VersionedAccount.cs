using System.Buffers;
using System.Globalization;
using System.Text;

namespace OrleansRaft.Integration.Tests.Pages;

public sealed class VersionedAccount : IStateMachine<AccountCommand, decimal>, IVersionedStateMachine
{
    public int NewestVersion => 2;              // what this program supports: 1 to 2
    public int Version { get; set; } = 1;       // what is in force; the library sets it

    public void Upgrade(int from, int to) => fees = from < 2 ? 0 : fees;

    private decimal balance;
    private decimal fees;

    public void Apply(ReadOnlySpan<Command<AccountCommand>> commands, Span<decimal> results)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            fees += Version >= 2 ? 1 : 0;
            results[i] = balance += commands[i].Value is Deposit deposit ? deposit.Amount : 0;
        }
    }

    public decimal Query(in Command<AccountCommand> query) => balance - fees;

    // Each version in its own form: at version 1 there are no fees.
    public void Capture(IBufferWriter<byte> output) =>
        output.Write(Encoding.ASCII.GetBytes(Version < 2 ? $"{balance}" : $"{balance} {fees}"));

    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        var parts = Encoding.ASCII.GetString(snapshot.Span).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        balance = parts.Length > 0 ? decimal.Parse(parts[0], CultureInfo.InvariantCulture) : 0;
        fees = parts.Length > 1 ? decimal.Parse(parts[1], CultureInfo.InvariantCulture) : 0;
    }
}
