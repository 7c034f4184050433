using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Counters;

/// <summary>How much of each tenant's a group holds. Follows from the counters' keys, so it is part of no snapshot.</summary>
internal sealed class TenantTotals
{
    // About what its numbers take, whose lengths change: totals must not depend on how a replica came to its state.
    private const int NumbersBytes = 16;

    private readonly Dictionary<byte[], TenantMeasured> totals = new(ByteStringComparer.Instance);

    /// <summary>What a tenant has here.</summary>
    /// <param name="tenant">Its name, in ASCII.</param>
    public TenantMeasured Of(ReadOnlySpan<byte> tenant) =>
        totals.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(tenant, out var total) ? total : new TenantMeasured(0, 0);

    /// <summary>Counts a counter that is new.</summary>
    /// <param name="key">Its key, <c>tenant/counter</c>.</param>
    public void Add(ReadOnlySpan<byte> key) => Change(key, 1);

    /// <summary>Counts a counter that is gone.</summary>
    /// <param name="key">Its key, <c>tenant/counter</c>.</param>
    public void Remove(ReadOnlySpan<byte> key) => Change(key, -1);

    /// <summary>Forgets everything.</summary>
    public void Clear() => totals.Clear();

    private void Change(ReadOnlySpan<byte> key, int by)
    {
        var tenant = key[..key.IndexOf((byte)'/')];
        var (counters, bytes) = Of(tenant);
        var lookup = totals.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (counters + by == 0)
        {
            lookup.Remove(tenant);
        }
        else
        {
            lookup[tenant] = new TenantMeasured(counters + by, bytes + (by * (key.Length + NumbersBytes)));
        }
    }
}
