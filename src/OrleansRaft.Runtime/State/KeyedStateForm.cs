using System.Buffers;
using System.Buffers.Binary;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.State;

/// <summary>The binary form of a keyed state. There is one for each contents.</summary>
/// <remarks>
/// <code>
/// count     varint, then each entry in the order of the keys:
///   shared  varint: how many bytes the key has in common with the one before
///   rest    length, bytes: the rest of the key
///   value   length, bytes
/// digest    16 bytes
/// </code>
/// </remarks>
internal static class KeyedStateForm
{
    public static void Write(KeyedEntries entries, long count, UInt128 digest, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteVarint(count);
        var previous = default(ReadOnlySpan<byte>);
        foreach (var (key, value) in entries)
        {
            var shared = previous.CommonPrefixLength(key);
            writer.WriteVarint(shared);
            writer.WriteBytes(key[shared..]);
            writer.WriteBytes(value);
            previous = key;
        }

        BinaryPrimitives.WriteUInt128LittleEndian(output.GetSpan(16), digest);
        output.Advance(16);
    }

    /// <summary>Reads what <see cref="Write"/> wrote into a state, which is empty.</summary>
    /// <param name="input">Where to read.</param>
    /// <param name="state">The state.</param>
    /// <param name="mayBeNothing">Whether a stream that is at its end leaves the state empty.</param>
    /// <exception cref="CorruptDataException">The bytes are damaged, out of order, or not whole.</exception>
    public static void Read(Stream input, KeyedState state, bool mayBeNothing)
    {
        var reader = new WireStream(input);
        Span<byte> key = stackalloc byte[KeyedState.KeyBytesMax];
        var keyLength = 0;
        byte[] value = [];
        if (reader.ReadVarintUnlessAtEnd() is not { } count)
        {
            if (mayBeNothing)
            {
                return;
            }

            throw new CorruptDataException("a keyed state was expected, and the stream is at its end");
        }

        for (long place = 0; place < count; place++)
        {
            var shared = reader.ReadInt32(keyLength, "bytes that a key has in common with the one before");
            var rest = reader.ReadInt32(KeyedState.KeyBytesMax - shared, "the length of the rest of a key");
            var before = shared < keyLength ? key[shared] : -1;
            keyLength = shared + rest;
            reader.ReadExactly(key[shared..keyLength]);

            // The next byte is greater where the keys differ: so keys are in order, each is there once, and no other form is taken.
            if (place > 0 && (rest == 0 || key[shared] <= before))
            {
                throw new CorruptDataException($"keys are out of order: {Convert.ToHexStringLower(key[..keyLength])}, the key number {place}, "
                    + "is not behind the one before it");
            }

            value = reader.ReadBytes(KeyedState.ValueBytesMax, "the length of a value", value, out var valueLength);
            state.Set(key[..keyLength], value.AsSpan(0, valueLength));
        }

        Span<byte> digest = stackalloc byte[16];
        reader.ReadExactly(digest);
        if (BinaryPrimitives.ReadUInt128LittleEndian(digest) != state.Digest)
        {
            throw new CorruptDataException($"the {count} entries of a keyed state do not add up to its digest");
        }
    }
}
