using System.Buffers;

namespace OrleansRaft.Core.Codec;

/// <summary>The binary form of a <see cref="SnapshotDescriptor"/>, the same in stores and in messages.</summary>
/// <remarks>
/// In stores the checksum may be missing at the end: there was none in the first form. Skipped entries follow it where there are any, and the version
/// of the state machine where it is not the first, for which the list of skipped entries may be empty, and the UTC stamp where there is one, for
/// which both may be; in a message they follow its last field.
/// </remarks>
public static class SnapshotDescriptorCodec
{
    /// <summary>Writes the binary form.</summary>
    public static ReadOnlyMemory<byte> Encode(SnapshotDescriptor snapshot)
    {
        var output = new ArrayBufferWriter<byte>();
        Encode(snapshot, output);
        EncodeEnd(snapshot, output);
        return output.WrittenMemory;
    }

    /// <summary>Reads the binary form.</summary>
    /// <exception cref="CorruptDataException">The bytes are not a snapshot's descriptor.</exception>
    public static SnapshotDescriptor Decode(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded);
        var snapshot = DecodeFields(ref reader);
        if (reader.Remaining > 0)
        {
            snapshot = snapshot with { Checksum = DecodeChecksum(ref reader) };
        }

        if (reader.Remaining > 0)
        {
            snapshot = DecodeEnd(snapshot, ref reader);
        }

        reader.RequireEnd();
        return snapshot;
    }

    internal static void Encode(SnapshotDescriptor snapshot, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteVarint(snapshot.LastIncluded.Term.Value);
        writer.WriteVarint(snapshot.LastIncluded.Index.Value);
        writer.WriteVarint(snapshot.Time.Value);
        writer.WriteVarint(snapshot.SizeBytes);
        ConfigurationCodec.Encode(snapshot.Configuration, output);
        writer.WriteBoolean(snapshot.Checksum is not null);
        writer.WriteUInt32(snapshot.Checksum ?? 0);
    }

    internal static SnapshotDescriptor Decode(ref WireReader reader)
    {
        var snapshot = DecodeFields(ref reader);
        return snapshot with { Checksum = DecodeChecksum(ref reader) };
    }

    internal static void EncodeEnd(SnapshotDescriptor snapshot, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        var isVersioned = snapshot.MachineVersion > MachineVersions.Initial || snapshot.Utc.IsKnown;
        if (snapshot.Skipped.Count > 0 || isVersioned)
        {
            snapshot.Skipped.Write(writer);
        }

        if (isVersioned)
        {
            writer.WriteVarint(snapshot.MachineVersion);
        }

        if (snapshot.Utc.IsKnown)
        {
            writer.WriteVarint(snapshot.Utc.Value);
        }
    }

    /// <summary>Reads what <see cref="EncodeEnd"/> wrote, if it wrote something; nothing may follow it.</summary>
    internal static SnapshotDescriptor DecodeEnd(SnapshotDescriptor snapshot, ref WireReader reader)
    {
        var skipped = SkippedEntries.ReadAny(ref reader);
        if (reader.Remaining > 0)
        {
            var version = RaiseCodec.ReadVersion(ref reader);
            var hasStamp = reader.Remaining > 0;
            var utc = hasStamp ? new UtcTime(reader.ReadVarint()) : UtcTime.None;
            return hasStamp != utc.IsKnown ? throw new CorruptDataException("a UTC stamp is left out when there is none")
                : version > MachineVersions.Initial || hasStamp ? snapshot with { Skipped = skipped, MachineVersion = version, Utc = utc }
                : throw new CorruptDataException("the version of the state machine is left out when it is the first");
        }

        return skipped.Count > 0
            ? snapshot with { Skipped = skipped }
            : throw new CorruptDataException("a list of skipped entries is left out when it is empty");
    }

    private static uint? DecodeChecksum(ref WireReader reader)
    {
        var isKnown = reader.ReadBoolean();
        var checksum = reader.ReadUInt32();
        return isKnown ? checksum : null;
    }

    private static SnapshotDescriptor DecodeFields(ref WireReader reader)
    {
        var lastIncluded = new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint()));
        var time = new LogTime(reader.ReadVarint());
        var size = reader.ReadVarint();
        return new SnapshotDescriptor(lastIncluded, time, ConfigurationCodec.Decode(ref reader), size);
    }
}
