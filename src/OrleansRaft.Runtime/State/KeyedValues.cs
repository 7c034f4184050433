using System.Buffers;

namespace OrleansRaft;

/// <summary>A <see cref="KeyedState"/> whose values are of a type that has a codec.</summary>
/// <typeparam name="TValue">The values.</typeparam>
/// <remarks>
/// A value is decoded each time it is asked for, and a change to it is no change of the state until it is set: what replicas hold must not hang on
/// which of them looked.
/// </remarks>
/// <param name="codec">Writes equal values as equal bytes.</param>
public sealed class KeyedValues<TValue>(ICommandCodec<TValue> codec)
{
    private readonly ArrayBufferWriter<byte> scratch = new();

    /// <summary>The state that holds the values as bytes: its size, digest, entries, view and restoration.</summary>
    public KeyedState State { get; } = new();

    /// <summary>Looks a key up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; the default when there is none.</param>
    /// <returns>Whether it is there.</returns>
    public bool TryGet(ReadOnlySpan<byte> key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TValue value)
    {
        var isThere = State.TryGet(key, out var bytes);
        value = isThere ? Decode(bytes) : default;
        return isThere;
    }

    /// <summary>Decodes the value of an entry of <see cref="State"/>, or of a view of it.</summary>
    /// <param name="bytes">The entry's value.</param>
    public TValue Decode(ReadOnlySpan<byte> bytes) => codec.Read(bytes.ToArray());

    /// <summary>Gives a key a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="bytesMax">How many bytes the state may have; see <see cref="KeyedState.Check"/>.</param>
    /// <returns>Whether that was done; if not, why, and nothing is changed.</returns>
    public KeyedWrite TrySet(ReadOnlySpan<byte> key, TValue value, long bytesMax = long.MaxValue)
    {
        scratch.ResetWrittenCount();
        codec.Write(value, scratch);
        var outcome = State.Check(key, scratch.WrittenCount, bytesMax);
        if (outcome == KeyedWrite.Fits)
        {
            State.Set(key, scratch.WrittenSpan);
        }

        return outcome;
    }

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it was there.</returns>
    public bool Remove(ReadOnlySpan<byte> key) => State.Remove(key);
}
