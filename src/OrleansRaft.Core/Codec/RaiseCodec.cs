using System.Buffers;

namespace OrleansRaft.Core.Codec;

/// <summary>The binary form of a raised machine version: the body of an entry of kind <see cref="EntryKind.Raise"/>.</summary>
internal static class RaiseCodec
{
    private const byte FormatVersion = 1;

    /// <summary>Writes the binary form.</summary>
    /// <param name="version">The version at which the state machine works from this entry on.</param>
    public static ReadOnlyMemory<byte> Encode(int version)
    {
        var output = new ArrayBufferWriter<byte>(8);
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        writer.WriteVarint(version);
        return output.WrittenMemory;
    }

    /// <summary>Reads the binary form.</summary>
    /// <returns>The version at which the state machine works from this entry on.</returns>
    /// <exception cref="CorruptDataException">The bytes are no such entry's.</exception>
    public static int Decode(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded);
        var format = reader.ReadByte();
        if (format != FormatVersion)
        {
            throw new CorruptDataException(
                $"the entry that raises the machine's version has version {format}; this program reads version {FormatVersion}");
        }

        var version = ReadVersion(ref reader);
        reader.RequireEnd();
        return version > MachineVersions.Initial
            ? version
            : throw new CorruptDataException($"no entry raises the machine's version to {version}: groups begin at {MachineVersions.Initial}");
    }

    /// <summary>Reads a machine's version, from 1 on, within something else.</summary>
    /// <exception cref="CorruptDataException">It is none.</exception>
    public static int ReadVersion(ref WireReader reader)
    {
        var version = reader.ReadInt32(MachineVersions.Max);
        return version >= MachineVersions.Initial ? version : throw new CorruptDataException("a machine's version is at least 1");
    }
}
