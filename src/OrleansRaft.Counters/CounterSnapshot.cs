using System.Text;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Counters;

/// <summary>The binary form of a group's counters. Sorted, so that equal states have equal bytes.</summary>
/// <remarks>
/// <code>
/// version  1 byte   2
/// entries           as a keyed state writes them; see <see cref="CounterEntry"/>
/// </code>
/// The former version is still read:
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
    private const byte Version = 2;
    private const byte VersionByTenant = 1;

    /// <summary>A view that writes counters as they are now.</summary>
    public static IStateView View(KeyedState counters) => new VersionedView(Version, counters);

    /// <summary>Replaces counters by those of a snapshot, which ends the stream; by none when there is nothing to read.</summary>
    /// <exception cref="CorruptDataException">The bytes are damaged.</exception>
    public static void Read(Stream snapshot, KeyedState counters)
    {
        counters.Clear();
        var reader = new WireStream(snapshot);
        var version = snapshot.ReadByte();
        switch (version)
        {
            case < 0:
                return;
            case Version:
                counters.RestorePart(snapshot);
                RequireCounters(counters);
                break;
            case VersionByTenant:
                ReadTenants(reader, counters);
                break;
            default:
                throw new CorruptDataException(
                    $"snapshot of counters has version {version}; this program reads versions {VersionByTenant} and {Version}");
        }

        reader.RequireEnd();
    }

    private static void RequireCounters(KeyedState counters)
    {
        Span<byte> written = stackalloc byte[CounterEntry.ValueBytesMax];
        Span<char> text = stackalloc char[CounterEntry.KeyBytesMax];
        Span<byte> again = stackalloc byte[CounterEntry.KeyBytesMax];
        foreach (var (key, value) in counters.Entries())
        {
            if (key.Length > text.Length || !CounterEntry.TryWriteKey(text[..Encoding.ASCII.GetChars(key, text)], again, out _))
            {
                throw new CorruptDataException($"{Convert.ToHexStringLower(key)} stands where the key of a counter should");
            }

            if (!CounterEntry.Read(value).Write(written).SequenceEqual(value))
            {
                throw new CorruptDataException($"the numbers of the counter {Encoding.ASCII.GetString(key)} are not written as they are");
            }
        }
    }

    private static void ReadTenants(WireStream reader, KeyedState counters)
    {
        var lastTenant = "";
        for (var left = reader.ReadVarint(); left > 0; left--)
        {
            lastTenant = ReadName(reader, lastTenant);
            ReadTenant(reader, lastTenant, counters);
        }
    }

    private static void ReadTenant(WireStream reader, string tenant, KeyedState counters)
    {
        Span<byte> key = stackalloc byte[CounterEntry.KeyBytesMax];
        Span<byte> value = stackalloc byte[CounterEntry.ValueBytesMax];
        var last = "";
        var left = reader.ReadVarint();
        if (left == 0)
        {
            throw new CorruptDataException($"the tenant {tenant} has no counters");
        }

        for (; left > 0; left--)
        {
            last = ReadName(reader, last);
            CounterEntry.TryWriteKey(new CounterKey(tenant, last).ToString(), key, out var bytes);
            counters.Set(bytes, new CounterEntry(reader.ReadInt64(), reader.ReadVarint(), reader.ReadVarint()).Write(value));
        }
    }

    private static string ReadName(WireStream reader, string previous)
    {
        var name = reader.ReadString(NameRule.LengthMax, "the length of a name");
        if (!NameRule.IsStorable(name))
        {
            throw new CorruptDataException("an invalid name stands where a name should");
        }

        return string.CompareOrdinal(previous, name) < 0
            ? name
            : throw new CorruptDataException($"names are out of order: {previous} comes before {name}");
    }
}
