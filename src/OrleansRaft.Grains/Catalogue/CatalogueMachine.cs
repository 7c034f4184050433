using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.State;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>The state machine of the catalogue. Every answer holds everything, except what the asker says it knows.</summary>
/// <remarks>
/// <code>
/// version         1 byte   2
/// entries                  as a keyed state writes them; see <see cref="CatalogueState"/>
/// </code>
/// The former version is still read:
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
/// <param name="changes">Told of every change of keys and limits; null to tell nobody.</param>
internal sealed class CatalogueMachine(AccessSignal? changes = null)
    : IViewStateMachine<CatalogueCommand, CatalogueContents>, IMeasuredState, IBoundedTime
{
    private const byte FormatVersion = 2;
    private const byte FormerVersion = 1;
    private const int TextBytesMax = KeyedState.KeyBytesMax - 1;
    private const int ConfigurationBytesMax = 1024 * 1024;

    private readonly CatalogueState state = new();

    /// <inheritdoc/>
    public long StateBytes => state.Entries.Bytes;

    /// <inheritdoc/>
    public long StateKeys => state.Entries.Count;

    /// <inheritdoc/>
    public UInt128 StateDigest => state.Entries.Digest;

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<Command<CatalogueCommand>> commands, Span<CatalogueContents> results)
    {
        for (var place = 0; place < commands.Length; place++)
        {
            if (commands[place].Value is AccessCommand command)
            {
                var access = state.Access.Apply(command, commands[place].Entry.Index.Value);
                changes?.Apply(access.Revision);
                results[place] = CatalogueContents.Of(access);
                continue;
            }

            if (commands[place].Value is ChangeLevels change)
            {
                state.Levels = state.Levels == change.Expected ? change.Next : state.Levels;
                results[place] = CatalogueContents.Empty with { Levels = state.Levels };
                continue;
            }

            if (Change(commands[place].Value))
            {
                state.Revision = commands[place].Entry.Index.Value;
            }

            results[place] = new CatalogueContents(state.Revision, state.Sets(), []);
        }
    }

    /// <inheritdoc/>
    public CatalogueContents Query(in Command<CatalogueCommand> query) => query.Value switch
    {
        AccessCommand asked => CatalogueContents.Of(state.Access.Answer(asked)),
        ReadLevels => CatalogueContents.Empty with { Levels = state.Levels },
        ReadCatalogue { Revision: var known } when known == state.Revision => new CatalogueContents(known, [], []),
        _ => new CatalogueContents(state.Revision, state.Sets(), state.Configurations()),
    };

    /// <summary>The sets of groups that it knows.</summary>
    public IReadOnlyList<FurtherSet> Sets() => state.Sets();

    /// <summary>
    /// Forgets who belongs to which group, and which silos there were: for a cluster that is restored, whose groups begin with their first members.
    /// </summary>
    public void ForgetMembers()
    {
        state.ForgetConfigurations();
        if (state.Levels is { } levels)
        {
            state.Levels = (ClusterLevels.Read(levels) with { Silos = [] }).Write();
        }
    }

    /// <inheritdoc/>
    public IStateView TakeView() => new VersionedView(FormatVersion, state.Entries);

    /// <inheritdoc/>
    public void Restore(Stream snapshot)
    {
        state.Entries.Clear();
        var version = snapshot.ReadByte();
        switch (version)
        {
            case < 0:
                return;
            case FormatVersion:
                state.Entries.RestorePart(snapshot);
                state.RequireWhole();
                new WireStream(snapshot).RequireEnd();
                break;
            case FormerVersion:
                RestoreFormer(new WireStream(snapshot));
                break;
            default:
                throw new CorruptDataException(
                    $"snapshot of the catalogue has version {version}; this program reads versions {FormerVersion} and {FormatVersion}");
        }

        changes?.Apply(state.Access.Revision);
    }

    private void RestoreFormer(WireStream reader)
    {
        var revision = reader.ReadVarint();
        var sets = reader.ReadInt32(int.MaxValue, "how many sets there are");
        for (var place = 0; place < sets; place++)
        {
            state.Set(place, new FurtherSet(
                reader.ReadString(TextBytesMax, "the length of a set's name"),
                reader.ReadInt32(int.MaxValue, "how many groups a set has"),
                reader.ReadInt32(int.MaxValue, "how many replicas its groups have"),
                reader.ReadBoolean()));
        }

        for (var left = reader.ReadVarint(); left > 0; left--)
        {
            var group = reader.ReadString(TextBytesMax, "the length of a group's name");
            var (term, number) = (reader.ReadVarint(), reader.ReadVarint());
            var configuration = reader.ReadBytes(ConfigurationBytesMax, "the length of a configuration", [], out var length);
            state.Set(new KnownConfiguration(group, term, number, configuration.AsMemory(0, length)));
        }

        reader.RequireEnd();
        if (revision > 0)
        {
            state.Revision = revision;
        }
    }

    /// <returns>Whether anything changed. An announcement of what is there already changes nothing: the first one counts, and the answer shows
    /// it.</returns>
    private bool Change(CatalogueCommand command)
    {
        var sets = state.Sets();
        switch (command)
        {
            case BeginSet begin when Find(sets, begin.Name) < 0:
                state.Set(sets.Count, new FurtherSet(begin.Name, begin.Groups, begin.Replicas, IsCreated: false));
                return true;
            case FinishSet finish when Find(sets, finish.Name) is >= 0 and var place && sets[place] is { IsCreated: false, IsDeleted: false }:
                state.Set(place, sets[place] with { IsCreated = true });
                return true;
            case DeleteSet delete when Find(sets, delete.Name) is >= 0 and var place && !sets[place].IsDeleted:
                Delete(place, sets[place]);
                return true;
            case NoteConfiguration { Known: var known } when state.Find(known.Group) is not { } before || known.IsNewerThan(before):
                state.Set(known);
                return true;
            default:
                return false;
        }
    }

    /// <summary>That there was a set of the name stays known.</summary>
    private void Delete(int place, FurtherSet set)
    {
        state.Set(place, set with { IsCreated = false, IsDeleted = true });
        for (var number = 0; number < set.Groups; number++)
        {
            state.Forget(new GroupSet(set.Name, set.Groups, set.Replicas).GroupName(number));
        }
    }

    private static int Find(List<FurtherSet> sets, string name) => sets.FindIndex(set => set.Name == name);
}
