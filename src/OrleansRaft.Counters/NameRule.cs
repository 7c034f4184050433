using System.Buffers;

namespace OrleansRaft.Counters;

/// <summary>The one rule for the names of tenants and counters, wherever they come from.</summary>
internal static class NameRule
{
    /// <summary>The longest name, in characters.</summary>
    public const int LengthMax = 128;

    /// <summary>The rule in words; what follows the name of whatever broke it.</summary>
    public const string Sentence = "must be 1 to 128 of the letters A to Z and a to z, the digits 0 to 9, '.', '_' and '-', and neither '.' nor '..'";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <summary>
    /// Whether a text may be a name. Neither <c>.</c> nor <c>..</c> is one: in a path, clients and servers take them for steps to another resource.
    /// </summary>
    public static bool Holds(ReadOnlySpan<char> text) => IsStorable(text) && text is not ("." or "..");

    /// <summary>
    /// Whether a group's state may hold a text as a name: wider than <see cref="Holds"/>, since replicas must read what old logs and snapshots hold,
    /// and alike.
    /// </summary>
    internal static bool IsStorable(ReadOnlySpan<char> text) => text.Length is > 0 and <= LengthMax && !text.ContainsAnyExcept(Allowed);
}
