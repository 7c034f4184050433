using System.Buffers;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>The state machine of the catalogue. Every answer holds everything, except what the asker says it knows.</summary>
/// <remarks>
/// <code>
/// version         1 byte   1
/// revision        varint
/// count           varint, then each set in the order in which they were announced:
///   name          text
///   groups, replicas (varints), is created (1 byte)
/// count           varint, then each configuration in the order of the groups' names:
///   group         text
///   term, version (varints), configuration (bytes behind their length)
/// </code>
/// </remarks>
internal sealed class CatalogueMachine : IStateMachine<CatalogueCommand, CatalogueContents>, IBoundedTime
{
    private const byte FormatVersion = 1;
    private const int SetBytesMin = 5;
    private const int ConfigurationBytesMin = 5;

    private readonly List<FurtherSet> sets = [];
    private readonly SortedDictionary<string, KnownConfiguration> configurations = new(StringComparer.Ordinal);
    private long revision;

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<Command<CatalogueCommand>> commands, Span<CatalogueContents> results)
    {
        for (var place = 0; place < commands.Length; place++)
        {
            if (Change(commands[place].Value))
            {
                revision = commands[place].Entry.Index.Value;
            }

            results[place] = new CatalogueContents(revision, [.. sets], []);
        }
    }

    /// <inheritdoc/>
    public CatalogueContents Query(in Command<CatalogueCommand> query) => query.Value is ReadCatalogue { Revision: var known } && known == revision
        ? new CatalogueContents(revision, [], [])
        : new CatalogueContents(revision, [.. sets], [.. configurations.Values]);

    /// <inheritdoc/>
    public void Capture(IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        writer.WriteVarint(revision);
        writer.WriteVarint(sets.Count);
        foreach (var set in sets)
        {
            writer.WriteString(set.Name);
            writer.WriteVarint(set.Groups);
            writer.WriteVarint(set.Replicas);
            writer.WriteBoolean(set.IsCreated);
        }

        writer.WriteVarint(configurations.Count);
        foreach (var known in configurations.Values)
        {
            writer.WriteString(known.Group);
            writer.WriteVarint(known.Term);
            writer.WriteVarint(known.Version);
            writer.WriteBytes(known.Configuration.Span);
        }
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        sets.Clear();
        configurations.Clear();
        revision = 0;
        if (snapshot.IsEmpty)
        {
            return;
        }

        var reader = new WireReader(snapshot);
        var version = reader.ReadByte();
        if (version != FormatVersion)
        {
            throw new CorruptDataException($"snapshot of the catalogue has version {version}; this program reads version {FormatVersion}");
        }

        revision = reader.ReadVarint();
        for (var left = reader.ReadCount(SetBytesMin); left > 0; left--)
        {
            sets.Add(new FurtherSet(reader.ReadString(), reader.ReadInt32(int.MaxValue), reader.ReadInt32(int.MaxValue), reader.ReadBoolean()));
        }

        for (var left = reader.ReadCount(ConfigurationBytesMin); left > 0; left--)
        {
            var known = new KnownConfiguration(reader.ReadString(), reader.ReadVarint(), reader.ReadVarint(), reader.ReadBytes().ToArray());
            configurations[known.Group] = known;
        }

        reader.RequireEnd();
    }

    /// <returns>Whether anything changed. An announcement of what is there already changes nothing: the first one counts, and the answer shows
    /// it.</returns>
    private bool Change(CatalogueCommand command)
    {
        switch (command)
        {
            case BeginSet begin when Find(begin.Name) < 0:
                sets.Add(new FurtherSet(begin.Name, begin.Groups, begin.Replicas, IsCreated: false));
                return true;
            case FinishSet finish when Find(finish.Name) is >= 0 and var place && !sets[place].IsCreated:
                sets[place] = sets[place] with { IsCreated = true };
                return true;
            case NoteConfiguration { Known: var known } when !configurations.TryGetValue(known.Group, out var before) || known.IsNewerThan(before):
                configurations[known.Group] = known;
                return true;
            default:
                return false;
        }
    }

    private int Find(string name) => sets.FindIndex(set => set.Name == name);
}
