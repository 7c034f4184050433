using System.Buffers;
using System.Buffers.Binary;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Sessions;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>What a snapshot's bytes begin with; the session tables follow it, and then the state machine's own bytes.</summary>
/// <param name="Entry">The last entry whose effects the state holds.</param>
/// <param name="Time">The group's time at that entry.</param>
/// <param name="Utc">The UTC stamp of that entry.</param>
/// <param name="Version">The version of the state machine there.</param>
internal readonly record struct HostStateHead(EntryId Entry, LogTime Time, UtcTime Utc, int Version)
{
    // The version byte, the applied entry (term, index) and its time (varints), the machine's version (varint), the entry's UTC stamp (varint; not in
    // version 4), the session tables (see SessionTablesView), the machine's own bytes. In the former versions the tables came before the machine's
    // version, in another form (see SessionTablesView.WriteFormer): the second and the third named the commands that were skipped and are remembered,
    // and only the third, which is written below the level FeatureLevels.KeyedSessions, the machine's version, which was the first otherwise.
    private const byte FormatVersion = 5;
    private const byte VersionWithoutStamp = 4;
    private const byte FormerVersion = 1;
    private const byte FormerVersionWithSkipped = 2;
    private const byte FormerVersionWithVersion = 3;

    /// <summary>Writes it, and the session tables behind it, as programs of a feature level read them.</summary>
    public void Write(IBufferWriter<byte> output, SessionTablesView sessions, int level)
    {
        var writer = new WireWriter(output);
        if (level >= FeatureLevels.KeyedSessions || Utc.IsKnown || sessions.Limits.BoundBytes)
        {
            // What cannot be written otherwise shows that the level is in force, whoever has heard of it.
            writer.WriteByte(FormatVersion);
            WriteEntry(output);
            sessions.Write(output);
            return;
        }

        writer.WriteByte(FormerVersionWithVersion);
        WriteEntryAlone(writer);
        sessions.WriteFormer(output);
        writer.WriteVarint(Version);
    }

    /// <summary>Writes it alone, without the format's version.</summary>
    public void WriteEntry(IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        WriteEntryAlone(writer);
        writer.WriteVarint(Version);
        writer.WriteVarint(Utc.Value);
    }

    /// <summary>Reads it, and the session tables; when there is nothing to read, it is the initial state.</summary>
    /// <param name="state">What comes before the state machine's own bytes is read.</param>
    /// <param name="scopeOf">Says whose a request id is; nothing when it is nobody's.</param>
    /// <param name="tables">The session tables.</param>
    /// <exception cref="CorruptDataException">The bytes are damaged, or of a version that this program does not read.</exception>
    public static HostStateHead Read(Stream state, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> scopeOf, out SessionTables tables)
    {
        var format = state.ReadByte();
        if (format < 0)
        {
            tables = new SessionTables();
            return new HostStateHead(EntryId.Zero, LogTime.Zero, UtcTime.None, MachineVersions.Initial);
        }

        if (format is < FormerVersion or > FormatVersion)
        {
            throw new CorruptDataException(
                $"the snapshot's state has version {format}; this program reads versions {FormerVersion} to {FormatVersion}. "
                    + "Start a program that is at least as new as the one that wrote it.");
        }

        var reader = new WireStream(state);
        var entry = new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint()));
        var time = new LogTime(reader.ReadVarint());
        if (format is FormatVersion or VersionWithoutStamp)
        {
            var version = ReadVersion(reader);
            var utc = format == FormatVersion ? new UtcTime(reader.ReadVarint()) : UtcTime.None;
            tables = SessionTables.Restore(state, scopeOf);
            return new HostStateHead(entry, time, utc, version);
        }

        tables = SessionTables.RestoreFormer(state, scopeOf, namesSkipped: format is FormerVersionWithSkipped or FormerVersionWithVersion);
        return new HostStateHead(entry, time, UtcTime.None, format == FormerVersionWithVersion ? ReadVersion(reader) : MachineVersions.Initial);
    }

    /// <summary>Writes a part's digest, of which the digest of the whole is made.</summary>
    public static void WriteDigest(ArrayBufferWriter<byte> output, UInt128 digest)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(output.GetSpan(16), digest);
        output.Advance(16);
    }

    private void WriteEntryAlone(WireWriter writer)
    {
        writer.WriteVarint(Entry.Term.Value);
        writer.WriteVarint(Entry.Index.Value);
        writer.WriteVarint(Time.Value);
    }

    private static int ReadVersion(WireStream reader)
    {
        var version = reader.ReadInt32(MachineVersions.Max, "a machine's version");
        return version >= MachineVersions.Initial ? version : throw new CorruptDataException("a machine's version is at least 1");
    }
}
