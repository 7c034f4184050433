using System.Buffers;
using System.Text;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>What the catalogue holds, as entries of a keyed state.</summary>
/// <remarks>
/// <code>
/// key                          value
/// 0                            revision (varint)
/// 1, number (ordered)          a set, numbered in the order in which they were announced: name (text), groups, replicas (varints),
///                              1 byte: 0 announced, 1 created, 2 deleted
/// 2, name of a group (UTF-8)   its configuration: term, version (varints), configuration (bytes behind their length)
/// 64                           what is remembered of feature levels (text)
/// </code>
/// The kinds from 3 on are those of <see cref="AccessState"/>.
/// </remarks>
internal sealed class CatalogueState
{
    private const byte SetKind = 1;
    private const byte ConfigurationKind = 2;

    private const byte Announced = 0;
    private const byte Created = 1;
    private const byte Deleted = 2;

    private static readonly byte[] RevisionKey = [0];
    private static readonly byte[] LevelsKey = [64];
    private static readonly byte[] SetPrefix = [SetKind];
    private static readonly byte[] ConfigurationPrefix = [ConfigurationKind];

    private readonly ArrayBufferWriter<byte> scratch = new();

    /// <summary>The entries.</summary>
    public KeyedState Entries { get; } = new();

    /// <summary>Who may do what, and who did: other entries of the same state.</summary>
    public AccessState Access => field ??= new AccessState(Entries);

    /// <summary>The log index of the last change.</summary>
    public long Revision
    {
        get => Entries.TryGet(RevisionKey, out var value) ? new WireReader(value.ToArray()).ReadVarint() : 0;
        set => Set(RevisionKey, writer => writer.WriteVarint(value));
    }

    /// <summary>What is remembered of feature levels; null for nothing.</summary>
    public string? Levels
    {
        get => Entries.TryGet(LevelsKey, out var value) ? new WireReader(value.ToArray()).ReadString() : null;
        set => Set(LevelsKey, writer => writer.WriteString(value!));
    }

    /// <summary>The sets, in the order in which they were announced.</summary>
    public List<FurtherSet> Sets()
    {
        var sets = new List<FurtherSet>();
        foreach (var (_, value) in Entries.EntriesWith(SetPrefix))
        {
            var reader = new WireReader(value.ToArray());
            sets.Add(ReadSet(reader.ReadString(), reader.ReadInt32(int.MaxValue), reader.ReadInt32(int.MaxValue), reader.ReadByte()));
            reader.RequireEnd();
        }

        return sets;
    }

    /// <summary>Notes a set.</summary>
    /// <param name="place">Its number, from 0.</param>
    /// <param name="set">The set.</param>
    public void Set(int place, FurtherSet set)
    {
        Span<byte> key = stackalloc byte[1 + OrderedNumber.BytesMax];
        Set(WriteSetKey(place, key), writer =>
        {
            writer.WriteString(set.Name);
            writer.WriteVarint(set.Groups);
            writer.WriteVarint(set.Replicas);
            writer.WriteByte(set.IsDeleted ? Deleted : set.IsCreated ? Created : Announced);
        });
    }

    /// <summary>The configurations, in the order of the groups' names.</summary>
    public List<KnownConfiguration> Configurations()
    {
        var configurations = new List<KnownConfiguration>();
        foreach (var (key, value) in Entries.EntriesWith(ConfigurationPrefix))
        {
            configurations.Add(ReadConfiguration(Encoding.UTF8.GetString(key[1..]), value));
        }

        return configurations;
    }

    /// <summary>What is known of a group; null for nothing.</summary>
    public KnownConfiguration? Find(string group) =>
        Entries.TryGet(KeyOf(group), out var value) ? ReadConfiguration(group, value) : null;

    /// <summary>Notes what is known of a group.</summary>
    public void Set(KnownConfiguration known) => Set(KeyOf(known.Group), writer =>
    {
        writer.WriteVarint(known.Term);
        writer.WriteVarint(known.Version);
        writer.WriteBytes(known.Configuration.Span);
    });

    /// <summary>Forgets what is known of a group.</summary>
    public void Forget(string group) => Entries.Remove(KeyOf(group));

    /// <summary>Forgets what is known of all groups.</summary>
    public void ForgetConfigurations()
    {
        foreach (var known in Configurations())
        {
            Forget(known.Group);
        }
    }

    /// <summary>Throws where an entry is none of the catalogue's.</summary>
    /// <exception cref="CorruptDataException">An entry is something else.</exception>
    public void RequireWhole()
    {
        var sets = 0;
        Span<byte> expected = stackalloc byte[1 + OrderedNumber.BytesMax];
        foreach (var (key, _) in Entries.Entries())
        {
            if (!(AccessState.IsKey(key)
                || key.SequenceEqual(RevisionKey)
                || key.SequenceEqual(LevelsKey)
                || key.StartsWith(ConfigurationPrefix)
                || key.SequenceEqual(WriteSetKey(sets, expected))))
            {
                throw new CorruptDataException($"{Convert.ToHexStringLower(key)} is not a key of the catalogue, or is out of place");
            }

            sets += key[0] == SetKind ? 1 : 0;
        }

        _ = (Revision, Levels, Sets(), Configurations());
        Access.RequireWhole();
    }

    private static FurtherSet ReadSet(string name, int groups, int replicas, byte phase) => phase <= Deleted
        ? new FurtherSet(name, groups, replicas, phase == Created) { IsDeleted = phase == Deleted }
        : throw new CorruptDataException($"the set '{name}' in the catalogue is in phase {phase}; there are those from {Announced} to {Deleted}");

    private static ReadOnlySpan<byte> WriteSetKey(int place, Span<byte> key)
    {
        key[0] = SetKind;
        return key[..(1 + OrderedNumber.Write(place, key[1..]))];
    }

    private static byte[] KeyOf(string group) => [ConfigurationKind, .. Encoding.UTF8.GetBytes(group)];

    private static KnownConfiguration ReadConfiguration(string group, ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(value.ToArray());
        var known = new KnownConfiguration(group, reader.ReadVarint(), reader.ReadVarint(), reader.ReadBytes().ToArray());
        reader.RequireEnd();
        return known;
    }

    private void Set(ReadOnlySpan<byte> key, WriteValue write)
    {
        scratch.ResetWrittenCount();
        write(new WireWriter(scratch));
        Entries.Set(key, scratch.WrittenSpan);
    }

    private delegate void WriteValue(WireWriter writer);
}
