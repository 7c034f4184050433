using System.Globalization;

namespace OrleansRaft.Core;

/// <summary>Numbers one write of one replica; an effect that carries it may happen only after that write is durable.</summary>
/// <param name="Value">Counts up from 1; 0 is no write at all: the effect may happen at once.</param>
public readonly record struct PersistTicket(long Value) : IComparable<PersistTicket>
{
    /// <summary>No write: the effect may happen at once.</summary>
    public static PersistTicket Zero => default;

    /// <summary>The one after this.</summary>
    public PersistTicket Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(PersistTicket other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(PersistTicket left, PersistTicket right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(PersistTicket left, PersistTicket right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> does not come after <paramref name="right"/>.</summary>
    public static bool operator <=(PersistTicket left, PersistTicket right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> does not come before <paramref name="right"/>.</summary>
    public static bool operator >=(PersistTicket left, PersistTicket right) => left.Value >= right.Value;
}
