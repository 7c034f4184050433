using System.Buffers;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Counters;

/// <summary>The binary form of a group's counters. Sorted, so that equal states have equal bytes.</summary>
/// <remarks>
/// <code>
/// version  1 byte   1
/// count             varint, then each tenant in ordinal order:
///   name   length, UTF-8
///   count  varint (at least 1), then each counter in ordinal order:
///     name         length, UTF-8
///     value        8 bytes
///     index, term  of its last change (varints)
/// </code>
/// </remarks>
internal static class CounterSnapshot
{
    private const byte Version = 1;
    private const int CounterBytesMin = 2 + sizeof(long) + 1 + 1;
    private const int TenantBytesMin = 2 + 1 + CounterBytesMin;

    public static void Write(Dictionary<string, TenantCounters> tenants, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteByte(Version);
        writer.WriteVarint(tenants.Count);
        foreach (var tenant in Sorted(tenants.Keys, tenants.Count))
        {
            var counters = tenants[tenant];
            writer.WriteString(tenant);
            writer.WriteVarint(counters.Count);
            foreach (var counter in counters.Sorted())
            {
                var state = counters[counter];
                writer.WriteString(counter);
                writer.WriteInt64(state.Value);
                writer.WriteVarint(state.Index);
                writer.WriteVarint(state.Term);
            }
        }
    }

    public static void Read(ReadOnlyMemory<byte> snapshot, Dictionary<string, TenantCounters> tenants)
    {
        var reader = new WireReader(snapshot);
        var version = reader.ReadByte();
        if (version != Version)
        {
            throw new CorruptDataException($"snapshot of counters has version {version}; this program reads version {Version}");
        }

        var lastTenant = "";
        for (var left = reader.ReadCount(TenantBytesMin); left > 0; left--)
        {
            lastTenant = ReadName(ref reader, lastTenant);
            tenants.Add(lastTenant, ReadTenant(ref reader));
        }

        reader.RequireEnd();
    }

    /// <summary>Sorts names, without keeping their order for later.</summary>
    public static string[] Sorted(IEnumerable<string> names, int count)
    {
        var sorted = new string[count];
        var filled = 0;
        foreach (var name in names)
        {
            sorted[filled++] = name;
        }

        Array.Sort(sorted, StringComparer.Ordinal);
        return sorted;
    }

    private static TenantCounters ReadTenant(ref WireReader reader)
    {
        var counters = new TenantCounters();
        var last = "";
        var left = reader.ReadCount(CounterBytesMin);
        if (left == 0)
        {
            throw new CorruptDataException($"a tenant has no counters (at byte {reader.Position})");
        }

        for (; left > 0; left--)
        {
            last = ReadName(ref reader, last);
            counters.Set(last, new CounterState(reader.ReadInt64(), reader.ReadVarint(), reader.ReadVarint()));
        }

        return counters;
    }

    private static string ReadName(ref WireReader reader, string previous)
    {
        var name = reader.ReadString();
        if (!NameRule.IsStorable(name))
        {
            throw new CorruptDataException($"a text that is no name stands where a name should (before byte {reader.Position})");
        }

        return string.CompareOrdinal(previous, name) < 0
            ? name
            : throw new CorruptDataException($"names are out of order: {previous} comes before {name} (at byte {reader.Position})");
    }
}
