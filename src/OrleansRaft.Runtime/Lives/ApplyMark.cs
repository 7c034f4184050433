using System.Buffers;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Lives;

/// <summary>
/// What a replica's store remembers of the user's code that is about to run, in case the process dies of it; and what came of that before.
/// </summary>
public sealed record ApplyMark
{
    // Version 1 is the same without what was accused; version 3 ends with what comparisons said of the state, where they said something.
    private const byte FirstVersion = 1;
    private const byte FormatVersion = 2;
    private const byte VersionWithVerdict = 3;

    /// <summary>The life of the silo that is about to run it: found by another life, what was under way may have ended the process.</summary>
    public long Life { get; init; }

    /// <summary>The first entry that is being applied; zero when none is.</summary>
    public LogIndex First { get; init; }

    /// <summary>The last entry that is being applied; zero when none is.</summary>
    public LogIndex Last { get; init; }

    /// <summary>The last entry of the snapshot that is being restored; null when none is.</summary>
    public LogIndex? Restoring { get; init; }

    /// <summary>
    /// Whether this one entry, or the restoring of this snapshot, was under way alone when the life before ended: the second time it is a verdict.
    /// </summary>
    public bool IsAccused { get; init; }

    /// <summary>The entry that ended the process and is not applied again; null for none.</summary>
    public LogIndex? Condemned { get; init; }

    /// <summary>The last entry of the snapshot whose restoring ended the process, and which is not restored again; null for none.</summary>
    public LogIndex? Unrestorable { get; init; }

    /// <summary>The program by which it was: another one may try again.</summary>
    public ulong Program { get; init; }

    /// <summary>What comparisons said of the replica's state.</summary>
    public StateVerdict Verdict { get; init; }

    /// <summary>Whether the user's code may be running.</summary>
    public bool IsUnderWay => Last > LogIndex.Zero || Restoring is not null;

    /// <summary>The binary form, with a checksum.</summary>
    public byte[] Encode()
    {
        var output = new ArrayBufferWriter<byte>(64);
        var writer = new WireWriter(output);
        var hasVerdict = Verdict != StateVerdict.None;
        writer.WriteByte(hasVerdict ? VersionWithVerdict : FormatVersion);
        writer.WriteInt64(Life);
        writer.WriteVarint(First.Value);
        writer.WriteVarint(Last.Value);
        Write(writer, Restoring);
        Write(writer, Condemned);
        Write(writer, Unrestorable);
        writer.WriteInt64(unchecked((long)Program));
        writer.WriteBoolean(IsAccused);
        if (hasVerdict)
        {
            writer.WriteVarint(Verdict.Times);
            writer.WriteVarint(Verdict.WrongAt.Value);
            writer.WriteInt64(unchecked((long)Verdict.Program));
        }

        writer.WriteInt64(Crc32C.Compute(output.WrittenSpan));
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Reads the binary form.</summary>
    /// <returns>Null for bytes that are damaged, or that this program does not know: it finds out again what they said.</returns>
    public static ApplyMark? Decode(ReadOnlyMemory<byte> encoded)
    {
        try
        {
            var reader = new WireReader(encoded);
            var version = reader.ReadByte();
            if (version is < FirstVersion or > VersionWithVerdict)
            {
                return null;
            }

            var mark = new ApplyMark
            {
                Life = reader.ReadInt64(),
                First = new LogIndex(reader.ReadVarint()),
                Last = new LogIndex(reader.ReadVarint()),
                Restoring = Read(ref reader),
                Condemned = Read(ref reader),
                Unrestorable = Read(ref reader),
                Program = unchecked((ulong)reader.ReadInt64()),
                IsAccused = version > FirstVersion && reader.ReadBoolean(),
                Verdict = version < VersionWithVerdict
                    ? StateVerdict.None
                    : new StateVerdict(reader.ReadInt32(int.MaxValue), new LogIndex(reader.ReadVarint()), unchecked((ulong)reader.ReadInt64())),
            };
            var checksum = reader.ReadInt64();
            reader.RequireEnd();
            return checksum == Crc32C.Compute(encoded.Span[..^sizeof(long)]) && mark.First <= mark.Last ? mark : null;
        }
        catch (CorruptDataException)
        {
            return null;
        }
    }

    private static void Write(WireWriter writer, LogIndex? index)
    {
        writer.WriteBoolean(index is not null);
        writer.WriteVarint(index?.Value ?? 0);
    }

    private static LogIndex? Read(ref WireReader reader)
    {
        var isThere = reader.ReadBoolean();
        var index = new LogIndex(reader.ReadVarint());
        return isThere ? index : null;
    }
}
