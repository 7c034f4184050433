using System.Diagnostics.CodeAnalysis;

namespace OrleansRaft.Counters;

/// <summary>Names one counter of one tenant. Its text, <c>tenant/counter</c>, is the key by which its group is chosen.</summary>
/// <param name="Tenant">The tenant: 1 to 128 of letters, digits, <c>.</c>, <c>_</c>, <c>-</c>, and neither <c>.</c> nor <c>..</c>.</param>
/// <param name="Counter">The counter, named likewise.</param>
public readonly record struct CounterKey(string Tenant, string Counter)
{
    private const char Separator = '/';

    /// <summary>The tenant; empty in a default value.</summary>
    public string Tenant { get => field ?? ""; init; } = Tenant;

    /// <summary>The counter; empty in a default value.</summary>
    public string Counter { get => field ?? ""; init; } = Counter;

    /// <summary>Reads the text of a key.</summary>
    /// <param name="text">Such as <c>acme/visits</c>.</param>
    /// <param name="key">The key.</param>
    /// <returns>False unless the text is two names with a slash between them.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out CounterKey key)
    {
        if (TrySplit(text, out var tenant, out var counter) && NameRule.Holds(tenant) && NameRule.Holds(counter))
        {
            key = new CounterKey(tenant.ToString(), counter.ToString());
            return true;
        }

        key = default;
        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Concat(Tenant, "/", Counter);

    /// <summary>Takes a key apart at its first slash without copying, and without a look at the names.</summary>
    internal static bool TrySplit(ReadOnlySpan<char> text, out ReadOnlySpan<char> tenant, out ReadOnlySpan<char> counter)
    {
        var separator = text.IndexOf(Separator);
        tenant = separator < 0 ? default : text[..separator];
        counter = separator < 0 ? default : text[(separator + 1)..];
        return separator >= 0;
    }
}
