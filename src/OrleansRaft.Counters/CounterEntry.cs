using System.Text;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Counters;

/// <summary>A counter in memory: an entry of a keyed state, <c>tenant/counter</c> in ASCII, with these three numbers.</summary>
/// <param name="Value">Its value.</param>
/// <param name="Index">The log index of its last change.</param>
/// <param name="Term">The term of that entry.</param>
/// <remarks>The value takes 8 bytes, index and term are varints.</remarks>
internal readonly record struct CounterEntry(long Value, long Index, long Term)
{
    /// <summary>The longest key, in bytes.</summary>
    public const int KeyBytesMax = (2 * NameRule.LengthMax) + 1;

    /// <summary>The most bytes of an entry's numbers.</summary>
    public const int ValueBytesMax = sizeof(long) + (2 * WireSpanWriter.VarintBytesMax);

    /// <summary>Writes a key.</summary>
    /// <param name="key">The text.</param>
    /// <param name="output">Room for <see cref="KeyBytesMax"/>.</param>
    /// <param name="bytes">What was written.</param>
    /// <returns>False for a text that is no key that a group's state may hold.</returns>
    public static bool TryWriteKey(ReadOnlySpan<char> key, Span<byte> output, out ReadOnlySpan<byte> bytes)
    {
        if (!CounterKey.TrySplit(key, out var tenant, out var counter) || !NameRule.IsStorable(tenant) || !NameRule.IsStorable(counter))
        {
            bytes = default;
            return false;
        }

        bytes = output[..Encoding.ASCII.GetBytes(key, output)];
        return true;
    }

    /// <summary>Writes the numbers.</summary>
    /// <param name="output">Room for <see cref="ValueBytesMax"/>.</param>
    /// <returns>What was written.</returns>
    public ReadOnlySpan<byte> Write(Span<byte> output)
    {
        var writer = new WireSpanWriter(output);
        writer.WriteInt64(Value);
        writer.WriteVarint(Index);
        writer.WriteVarint(Term);
        return writer.Written;
    }

    /// <summary>Reads the numbers.</summary>
    /// <exception cref="CorruptDataException">They are something else.</exception>
    public static CounterEntry Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireSpanReader(bytes);
        var entry = new CounterEntry(reader.ReadInt64(), reader.ReadVarint(), reader.ReadVarint());
        reader.RequireEnd();
        return entry;
    }
}
