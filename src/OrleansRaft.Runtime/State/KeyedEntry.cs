namespace OrleansRaft;

/// <summary>An entry of a <see cref="KeyedState"/> or of a view of it: valid until the state is written next, or the view disposed.</summary>
public readonly ref struct KeyedEntry
{
    internal KeyedEntry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Key = key;
        Value = value;
    }

    /// <summary>Its key.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>Its value.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Takes it apart.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value.</param>
    public void Deconstruct(out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        key = Key;
        value = Value;
    }
}
