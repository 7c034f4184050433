namespace OrleansRaft.Counters;

/// <summary>
/// What a group of counters reads from the id of a request, <c>METHOD tenant/counter key</c>: the tenant, which has a share of the keys that the
/// group remembers.
/// </summary>
internal static class CounterRequestId
{
    // Begins an id that is a hash, since what it would say was too long. No method begins with it.
    private const char Hashed = '#';

    /// <summary>The tenant in an id; for those with the longest names one scope for all of them; nothing for ids of another form.</summary>
    public static ReadOnlySpan<byte> TenantOf(ReadOnlySpan<byte> id)
    {
        if (id is [(byte)Hashed, ..])
        {
            return id[..1];
        }

        var rest = id[(id.IndexOf((byte)' ') + 1)..];
        return rest.Length < id.Length && rest.IndexOf((byte)'/') is > 0 and var end ? rest[..end] : default;
    }
}
