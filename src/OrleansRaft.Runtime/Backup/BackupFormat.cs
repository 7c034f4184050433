using System.Buffers.Binary;
using System.Text.Json;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Backup;

/// <summary>The file format of backups, see the README beside this.</summary>
/// <remarks>
/// A file is a magic number and records: kind (1 byte), length of the body (4 bytes, little-endian), body, checksum (4 bytes). The checksum is the
/// CRC-32C of everything before it in the file but other checksums, so a record that is damaged, missing, moved, or of another backup is noticed
/// where it stands.
/// </remarks>
internal static class BackupFormat
{
    /// <summary>The version of the format that this program writes, and the newest that it reads.</summary>
    public const int Version = 1;

    /// <summary>The most bytes of a state in one record.</summary>
    public const int ChunkBytesMax = 1024 * 1024;

    /// <summary>The most bytes of any other record's body.</summary>
    public const int TextBytesMax = 16 * 1024 * 1024;

    /// <summary>The bytes before a record's body.</summary>
    public const int HeaderBytes = 5;

    /// <summary>The bytes behind a record's body.</summary>
    public const int ChecksumBytes = 4;

    /// <summary>How the JSON of records is written.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>What every backup begins with.</summary>
    public static ReadOnlySpan<byte> Magic => "ORAFTBAK"u8;

    /// <summary>Writes what comes before a body.</summary>
    /// <returns>The checksum of the file through it.</returns>
    public static uint WriteHeader(Span<byte> header, BackupRecordKind kind, int length, uint checksum)
    {
        header[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(header[1..], length);
        return Crc32C.Append(checksum, header[..HeaderBytes]);
    }

    /// <summary>The largest body that a record of a kind may have; null for a kind that this program does not know.</summary>
    public static int? BodyBytesMax(BackupRecordKind kind) => kind switch
    {
        BackupRecordKind.Chunk => ChunkBytesMax,
        BackupRecordKind.Head or BackupRecordKind.GroupBegin or BackupRecordKind.GroupEnd or BackupRecordKind.GroupAgain or BackupRecordKind.Foot
            or BackupRecordKind.Failure => TextBytesMax,
        _ => null,
    };
}

/// <summary>The kinds of records in a backup.</summary>
internal enum BackupRecordKind : byte
{
    /// <summary>The first record: a <see cref="BackupHead"/>.</summary>
    Head = (byte)'H',

    /// <summary>A group begins: a <see cref="BackupGroupBegin"/>.</summary>
    GroupBegin = (byte)'G',

    /// <summary>Bytes of the group's state.</summary>
    Chunk = (byte)'C',

    /// <summary>What was written of the group since it began does not count: it begins again.</summary>
    GroupAgain = (byte)'A',

    /// <summary>The group's state is complete: a <see cref="BackedUpGroup"/>.</summary>
    GroupEnd = (byte)'E',

    /// <summary>The last record: a <see cref="BackupFoot"/>.</summary>
    Foot = (byte)'F',

    /// <summary>The backup could not be completed: a sentence in UTF-8. Nothing follows it.</summary>
    Failure = (byte)'X',
}
