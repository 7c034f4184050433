using System.Buffers.Binary;
using OrleansRaft.Core;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>A command to a state that is to become large.</summary>
/// <param name="From">The number of the first value that it sets.</param>
/// <param name="Count">How many values it sets.</param>
/// <param name="Bytes">How many bytes each has: the machine makes them up, so that a short command makes a state grow.</param>
/// <param name="Value">The value to set instead; null to make values up.</param>
[GenerateSerializer, Alias("benchmark-large-command")]
public sealed record LargeCommand(
    [property: Id(0)] long From, [property: Id(1)] int Count, [property: Id(2)] int Bytes, [property: Id(3)] byte[]? Value);

/// <summary>Values by number, of any size together.</summary>
public sealed class LargeMachine : IViewStateMachine<LargeCommand, long>, IMeasuredState
{
    /// <summary>The name of its set of groups.</summary>
    public const string SetName = "large";

    private readonly KeyedState values = new();

    /// <inheritdoc/>
    public long StateBytes => values.Bytes;

    /// <inheritdoc/>
    public long StateKeys => values.Count;

    /// <inheritdoc/>
    public UInt128 StateDigest => values.Digest;

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<Command<LargeCommand>> commands, Span<long> results)
    {
        Span<byte> key = stackalloc byte[sizeof(long)];
        for (var at = 0; at < commands.Length; at++)
        {
            var command = commands[at].Value;
            var value = command.Value ?? new byte[command.Bytes];
            for (var number = command.From; number < command.From + command.Count; number++)
            {
                if (command.Value is null)
                {
                    Fill(value, number);
                }

                BinaryPrimitives.WriteInt64BigEndian(key, number);
                values.Set(key, value);
            }

            results[at] = values.Count;
        }
    }

    /// <inheritdoc/>
    public long Query(in Command<LargeCommand> query) => values.Bytes;

    /// <inheritdoc/>
    public IStateView TakeView() => values.View();

    /// <inheritdoc/>
    public void Restore(Stream snapshot) => values.Restore(snapshot);

    /// <summary>Bytes that nothing compresses, the same on every replica.</summary>
    private static void Fill(Span<byte> value, long number)
    {
        var random = new RandomSource((ulong)number + 1);
        Span<byte> bits = stackalloc byte[sizeof(ulong)];
        for (var rest = value; rest.Length > 0; rest = rest[Math.Min(rest.Length, sizeof(ulong))..])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bits, random.NextBits());
            bits[..Math.Min(rest.Length, bits.Length)].CopyTo(rest);
        }
    }
}
