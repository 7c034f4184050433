namespace OrleansRaft;

/// <summary>Whether an entry may be set, as <see cref="KeyedState.Check"/> says.</summary>
public enum KeyedWrite
{
    /// <summary>It may.</summary>
    Fits = 0,

    /// <summary>The key is longer than <see cref="KeyedState.KeyBytesMax"/>.</summary>
    KeyTooLong = 1,

    /// <summary>The value is longer than <see cref="KeyedState.ValueBytesMax"/>.</summary>
    ValueTooLarge = 2,

    /// <summary>The state would grow beyond what it may be. Reads, removals and values that are no longer than before go on.</summary>
    StateTooLarge = 3,
}
