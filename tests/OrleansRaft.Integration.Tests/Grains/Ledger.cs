using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>What the tests' groups keep: a sum and a count of additions for each key.</summary>
[GenerateSerializer, Alias("test-ledger-command")]
public sealed record LedgerCommand([property: Id(0)] long Amount);

/// <summary>The sum of a key, and how many additions made it.</summary>
[GenerateSerializer, Alias("test-ledger-result")]
public sealed record LedgerResult([property: Id(0)] long Sum, [property: Id(1)] long Additions);

/// <summary>Adds up. A query answers the sum of its key, or of all keys when the key is empty.</summary>
public sealed class Ledger : IStateMachine<LedgerCommand, LedgerResult>
{
    private readonly SortedDictionary<string, LedgerResult> sums = new(StringComparer.Ordinal);

    public void Apply(ReadOnlySpan<Command<LedgerCommand>> commands, Span<LedgerResult> results)
    {
        for (var index = 0; index < commands.Length; index++)
        {
            var before = sums.GetValueOrDefault(commands[index].Key) ?? new LedgerResult(0, 0);
            results[index] = sums[commands[index].Key] = new LedgerResult(before.Sum + commands[index].Value.Amount, before.Additions + 1);
        }
    }

    public LedgerResult Query(in Command<LedgerCommand> query) => query.Key.Length == 0
        ? new LedgerResult(sums.Values.Sum(sum => sum.Sum), sums.Values.Sum(sum => sum.Additions))
        : sums.GetValueOrDefault(query.Key) ?? new LedgerResult(0, 0);

    public void Capture(IBufferWriter<byte> output)
    {
        foreach (var (key, sum) in sums)
        {
            var name = Encoding.UTF8.GetBytes(key);
            var span = output.GetSpan(20 + name.Length);
            BinaryPrimitives.WriteInt32LittleEndian(span, name.Length);
            BinaryPrimitives.WriteInt64LittleEndian(span[4..], sum.Sum);
            BinaryPrimitives.WriteInt64LittleEndian(span[12..], sum.Additions);
            name.CopyTo(span[20..]);
            output.Advance(20 + name.Length);
        }
    }

    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        sums.Clear();
        for (var rest = snapshot.Span; rest.Length > 0;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            var sum = new LedgerResult(BinaryPrimitives.ReadInt64LittleEndian(rest[4..]), BinaryPrimitives.ReadInt64LittleEndian(rest[12..]));
            sums[Encoding.UTF8.GetString(rest.Slice(20, length))] = sum;
            rest = rest[(20 + length)..];
        }
    }
}
