using System.Buffers;
using System.Buffers.Binary;

namespace OrleansRaft.DeadlySilo;

/// <summary>Adds an amount.</summary>
[GenerateSerializer, Immutable, Alias("deadly-add")]
internal sealed record Add([property: Id(0)] long Amount);

/// <summary>A sum. One amount ends the process that adds it, as an overflow of the stack does.</summary>
internal sealed class DeadlyMachine : IStateMachine<Add, long>
{
    /// <summary>The amount that ends the process.</summary>
    public const long Deadly = 13;

    private long sum;

    public void Apply(ReadOnlySpan<Command<Add>> commands, Span<long> results)
    {
        for (var place = 0; place < commands.Length; place++)
        {
            if (commands[place].Value.Amount == Deadly)
            {
                Environment.FailFast("this amount ends the process");
            }

            results[place] = sum += commands[place].Value.Amount;
        }
    }

    public long Query(in Command<Add> query) => sum;

    public void Capture(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(sizeof(long)), sum);
        output.Advance(sizeof(long));
    }

    public void Restore(ReadOnlyMemory<byte> snapshot) => sum = snapshot.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(snapshot.Span);
}
