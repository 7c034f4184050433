using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// A group that had lost its majority goes on from one of its replicas. It begins a new incarnation: all other replicas that it had are lost for
/// ever, even if what they stored is found again.
/// </summary>
/// <remarks>
/// Stands in the cluster row before the survivor's log is changed, and is looked at before a replica's log is opened and when a replica is spoken to:
/// lost ones that come back, from another server or file, would be a second group.
/// </remarks>
/// <param name="Group">The group.</param>
/// <param name="Incarnation">How often that has happened to it.</param>
/// <param name="Survivor">The replica that it goes on from.</param>
/// <param name="FirstReplica">The lowest number that a replica may have which joins it afterwards.</param>
public sealed record GroupRecovery(string Group, int Incarnation, long Survivor, long FirstReplica)
{
    // The lost ones may have gone on without the survivor, for more terms and with more members than it knows.
    private const long TermLeap = 1_000_000;
    private const long ReplicaLeap = 1_000;

    /// <summary>Whether a replica of the group was lost.</summary>
    public bool IsLost(ReplicaId replica) => replica.Value != Survivor && replica.Value < FirstReplica;

    /// <summary>The next incarnation of a group.</summary>
    /// <param name="survivor">The replica that it goes on from.</param>
    /// <param name="highest">The highest number that a replica of the group is known to have had.</param>
    /// <param name="before">The incarnation before; null for the first.</param>
    public static GroupRecovery After(ReplicaKey survivor, long highest, GroupRecovery? before) => new(
        survivor.Group,
        (before?.Incarnation ?? 0) + 1,
        survivor.Replica.Value,
        (((Math.Max(highest, before?.FirstReplica ?? 0) / ReplicaLeap) + 1) * ReplicaLeap) + 1);

    /// <summary>Whether a group has its majority, of both sets of voters while they are two: then it goes on by itself, and without loss.</summary>
    /// <param name="members">Its members.</param>
    /// <param name="isWhole">Whether what a replica stored is there, whole.</param>
    public static bool HasMajority(Configuration members, Func<ReplicaId, bool> isWhole)
    {
        ArgumentNullException.ThrowIfNull(members);
        return members.Voters.Count(isWhole) * 2 > members.Voters.Length
            && (!members.IsJoint || members.OutgoingVoters.Count(isWhole) * 2 > members.OutgoingVoters.Length);
    }

    /// <summary>The last configuration that a replica holds, committed or not.</summary>
    /// <param name="held">What it holds.</param>
    public static Configuration ConfigurationIn(RecoveredState held)
    {
        ArgumentNullException.ThrowIfNull(held);
        return held.Entries.LastOrDefault(static entry => entry.Kind == EntryKind.Configuration) is { Kind: EntryKind.Configuration } entry
            && entry.Index > held.Snapshot.LastIncluded.Index
            ? ConfigurationCodec.Decode(entry.Body) with { Version = entry.Index }
            : held.Snapshot.Configuration;
    }

    /// <summary>
    /// What the survivor's log becomes: everything that it holds, and behind it, in a term that nobody has reached, a configuration in which it is
    /// alone. What it did not know to be committed is committed by that.
    /// </summary>
    /// <param name="survivor">The survivor.</param>
    /// <param name="held">What it holds.</param>
    public static LogWrite WriteOf(ReplicaId survivor, RecoveredState held)
    {
        ArgumentNullException.ThrowIfNull(held);
        var configuration = ConfigurationIn(held);
        var last = held.Entries.Count > 0 ? held.Entries[^1] : default;
        var (lastId, time, utc) = held.Entries.Count > 0 ? (last.Id, last.Time, last.Utc) : (held.LogStart, held.Snapshot.Time, held.Snapshot.Utc);
        var member = configuration.Find(survivor)
            ?? throw new ArgumentException($"replica {survivor} is not a member of its group: {configuration}", nameof(held));
        var term = new Term(((Math.Max(held.HardState.CurrentTerm.Value, lastId.Term.Value) / TermLeap) + 1) * TermLeap);
        var alone = Configuration.OfVoters([member with { PromotesWhenCaughtUp = false }]);
        var entry = new Entry(new EntryId(term, lastId.Index.Next), EntryKind.Configuration, time, ConfigurationCodec.Encode(alone)) { Utc = utc };
        return new LogWrite(
            PersistTicket.Zero,
            new HardState(term, null, held.HardState.CommitIndex),
            lastId,
            new EntryBlock(lastId, [entry]),
            Install: null,
            CompactThrough: null);
    }
}
