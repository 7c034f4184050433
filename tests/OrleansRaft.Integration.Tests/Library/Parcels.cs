using System.Buffers;
using System.Buffers.Binary;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>A command that carries anything, so that one value can be written and another cannot.</summary>
[GenerateSerializer, Alias("test-parcel")]
public sealed record Parcel([property: Id(0)] object? Content);

/// <summary>A type that Orleans has no serializer for.</summary>
public sealed record Unserializable(string Text);

/// <summary>Holds queries up for as long as a test wants, and knows which machines were made and ended.</summary>
public sealed class ParcelOffice : IDisposable
{
    public const string Slow = "slow";

    public ManualResetEventSlim Gate { get; } = new(initialState: true);

    public void Dispose() => Gate.Dispose();
}

/// <summary>Counts parcels. A query answers how many there are; <see cref="ParcelOffice.Slow"/> waits until the office opens.</summary>
public sealed class ParcelCounter(ParcelOffice office) : IStateMachine<Parcel, long>
{
    private long count;

    public void Apply(ReadOnlySpan<Command<Parcel>> commands, Span<long> results)
    {
        for (var index = 0; index < commands.Length; index++)
        {
            WaitIfSlow(commands[index].Value);
            results[index] = ++count;
        }
    }

    public long Query(in Command<Parcel> query)
    {
        WaitIfSlow(query.Value);
        return count;
    }

    public void Capture(IBufferWriter<byte> output)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), count);
        output.Advance(8);
    }

    public void Restore(ReadOnlyMemory<byte> snapshot) => count = snapshot.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(snapshot.Span);

    private void WaitIfSlow(Parcel parcel)
    {
        if (parcel.Content is ParcelOffice.Slow)
        {
            office.Gate.Wait(TimeSpan.FromMinutes(1));
        }
    }
}
