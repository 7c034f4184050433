using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Lab.Storage;

namespace OrleansRaft.Lab.Checks;

/// <summary>What must be true of a group at every moment (Figure 3), checked where it can first become false.</summary>
/// <remarks>
/// Log Matching is checked by induction: equal ids must have equal bodies and equal predecessors, entry by entry as they are written.
/// </remarks>
internal sealed class GroupChecks(ICheckedCluster cluster, string name) : IStoreChecks
{
    private readonly Dictionary<ReplicaId, StoredReplica> stored = [];
    private readonly Dictionary<Term, ReplicaId> leaders = [];
    private readonly Dictionary<(Term Term, ReplicaId Voter), ReplicaId> votes = [];
    private readonly Dictionary<EntryId, (EntryId Previous, uint Body)> entries = [];

    private readonly Dictionary<(EntryId Comparison, ReplicaId Replica), StateDigest> digests = [];
    // The newest version of the state machine that a program of each replica has ever supported.
    private readonly Dictionary<ReplicaId, int> supported = [];

    // Who said in an answer to the leader of a term that its machine is not halted; and the term in which somebody asked for a transfer.
    private readonly HashSet<(Term Term, ReplicaId Member)> answersAsSound = [];
    private Term transferAsked;

    private Term latestTerm;
    private LogIndex committedByLeaders;

    public CommittedLog Committed { get; } = new();

    public void Add(StoredReplica replica) => stored.Add(replica.Key.Replica, replica);

    public static void OnStart(ICheckedReplica replica, RecoveredState recovered)
    {
        replica.View.Term = recovered.HardState.CurrentTerm;
        replica.View.CommitIndex = recovered.Snapshot.LastIncluded.Index;
        replica.View.AppliedIndex = recovered.Snapshot.LastIncluded.Index;
    }

    public void OnWrite(ReplicaId replica, LogWrite write)
    {
        if (write.Append is not { } append)
        {
            return;
        }

        if (leaders.TryGetValue(write.HardState.CurrentTerm, out var leader) && leader == replica)
        {
            Require(
                append.Previous == write.StoredLast,
                "Leader Append-Only",
                replica,
                $"cuts off {write.StoredLast} after {append.Previous} in its own term");
        }

        var previous = append.Previous;
        foreach (ref readonly var entry in append.Entries)
        {
            var seen = (previous, Crc32C.Compute(entry.Body.Span));
            if (!entries.TryAdd(entry.Id, seen))
            {
                Require(entries[entry.Id] == seen, "Log Matching", replica, $"holds another entry {entry.Id}, or others before it");
            }

            previous = entry.Id;
        }
    }

    public void OnSnapshot(ReplicaId replica, SnapshotDescriptor snapshot) => Require(
        snapshot.Configuration.Version <= snapshot.LastIncluded.Index,
        "a snapshot carries the configuration of its own index (§7)",
        replica,
        $"captured {snapshot.Configuration} in a snapshot of {snapshot.LastIncluded}");

    public void OnSend(ICheckedReplica replica, ReplicaId to, Message message)
    {
        var from = replica.Key.Replica;
        switch (message)
        {
            case AppendEntries or InstallSnapshot:
                OnLeader(from, message.Term);
                break;
            case RequestVoteResponse { Granted: true }:
                OnVote(from, to, message.Term);
                break;
            case AppendEntriesResponse { Accepted: true } response:
                NoteSound(from, response);
                OnAcknowledged(from, response.Match, message.Term);
                break;
            case AppendEntriesResponse response:
                NoteSound(from, response);
                break;
            case TimeoutNow:
                OnHandOver(replica, to, message.Term);
                break;
            case InstallSnapshotResponse { IsInstalled: true } response:
                OnAcknowledged(from, response.LastIncluded, message.Term);
                break;
            case InstallSnapshotResponse response when replica.OwnsStore && response.Term == replica.Term:
                OnChunkAcknowledged(from, response);
                break;
            case ComparisonResponse { Digest: { } digest } response:
                digests[(response.Entry, from)] = digest;
                break;
            case ComparisonRequest { Verdict: ComparisonVerdict.Diverged } verdict:
                OnDiverged(replica, verdict);
                break;
        }
    }

    /// <summary>
    /// What is not put aside is lost with the process, and only what is counts as arrived. An answer may wait for its term, and be old.
    /// </summary>
    private void OnChunkAcknowledged(ReplicaId from, InstallSnapshotResponse response)
    {
        if (stored[from].StagedBytesOf(response.LastIncluded) is { } staged)
        {
            Require(
                response.NextOffset <= staged,
                "only what is put aside of a snapshot is acknowledged",
                from,
                $"wants byte {response.NextOffset} of the snapshot of {response.LastIncluded}, and has put {staged} aside");
        }
    }

    /// <summary>A program is sent only what it reads: everything else of a feature level comes when the whole cluster works at it.</summary>
    public void OnReceive(ICheckedReplica replica, Message message, int levelMax)
    {
        if (levelMax < FeatureLevels.Newest && FormatLevels.Of(message) is var level && level > levelMax)
        {
            Require(
                false,
                "a format is used only when every program reads it",
                replica.Key.Replica,
                $"receives {message.GetType().Name} of feature level {level}, and its program supports {levelMax}");
        }
    }

    /// <summary>
    /// A leader whose machine is halted looks for one that is not: whom it hands over to must have said so in this term, unless somebody chose for
    /// it.
    /// </summary>
    private void OnHandOver(ICheckedReplica leader, ReplicaId to, Term term)
    {
        if (leader.Driver.IsMachineHalted && transferAsked != term)
        {
            Require(
                answersAsSound.Contains((term, to)),
                "a halted leader hands over to a replica that is not",
                leader.Key.Replica,
                $"hands over to {to} in term {term}, which has not said that it could serve");
        }
    }

    /// <summary>Somebody asks the leader of a term to hand over.</summary>
    public void OnTransferAsked(Term term) => transferAsked = term;

    public void AfterTurn(ICheckedReplica replica)
    {
        if (replica.Driver.Raft is not { } core)
        {
            return;
        }

        var view = replica.View;
        var id = replica.Key.Replica;
        var (term, role, commit, applied) = (core.CurrentTerm, core.Role, core.CommitIndex, core.AppliedIndex);
        Require(term >= view.Term, "terms never fall", id, $"went from term {view.Term} back to {term}");
        Require(commit >= view.CommitIndex, "the commit index never falls", id, $"went from {view.CommitIndex} back to {commit}");
        Require(applied >= view.AppliedIndex, "the applied index never falls", id, $"went from {view.AppliedIndex} back to {applied}");
        Require(applied <= commit, "nothing is applied before it is committed", id, $"applied {applied} and committed {commit}");
        Require(
            core.Configuration.Version <= core.LastEntry.Index,
            "a configuration is in force while its entry is in the log (§6)",
            id,
            $"follows {core.Configuration}, and its log ends at {core.LastEntry}");
        OnConfiguration(core, id, view);
        OnVersion(replica, core, isRaised: role == RaftRole.Leader && view.Role == RaftRole.Leader && view.Term == term);
        if (role == RaftRole.Leader)
        {
            OnMatches(core, id);
        }

        if (commit > view.CommitIndex)
        {
            OnCommitted(core, id, view, role == RaftRole.Leader && view.Role == RaftRole.Leader && view.Term == term);
            OnCommitKnown(commit, id, isOrigin: role == RaftRole.Leader || view.Role == RaftRole.Leader);
        }

        if (role != view.Role || term != view.Term)
        {
            OnRoleChanged(core, id);
        }

        (view.Term, view.Role, view.CommitIndex, view.AppliedIndex) = (term, role, commit, applied);
        view.Configuration = core.Configuration;
    }

    /// <summary>A configuration is in force only while the entry that brought it is in the log.</summary>
    private void OnConfiguration(RaftCore core, ReplicaId id, ObservedReplica view)
    {
        var configuration = core.Configuration;
        var isNew = !ReferenceEquals(configuration, view.Configuration);
        if (isNew && view.Configuration is not null)
        {
            cluster.Observe(() => new LabReplicaEvent(cluster.Now, name, id, $"follows configuration {configuration}"));
        }

        if (core.IdAt(configuration.Version) is not { } entry)
        {
            return;
        }

        if (isNew)
        {
            view.ConfigurationEntry = entry;
        }

        Require(
            view.ConfigurationEntry == entry,
            "a configuration is in force while its entry is in the log (§6)",
            id,
            $"follows {configuration} of {view.ConfigurationEntry}, where it holds {entry} now");
    }

    /// <summary>A leader that raises the version knows that the programs of all members support it, or did when it last heard of them.</summary>
    private void OnVersion(ICheckedReplica replica, RaftCore core, bool isRaised)
    {
        var (id, view, version) = (replica.Key.Replica, replica.View, core.MachineVersion);
        supported[id] = Math.Max(supported.GetValueOrDefault(id), replica.Driver.MachineVersions.Newest);
        foreach (var member in isRaised && version > view.MachineVersion ? core.Configuration.Members : [])
        {
            Require(
                supported.GetValueOrDefault(member.Id) >= version,
                "a version is raised when the programs of all members support it",
                id,
                $"raises it to {version}, and no program of {member.Id} has supported more than {supported.GetValueOrDefault(member.Id)}");
        }

        view.MachineVersion = version;
    }

    /// <summary>What the leader of the latest term believes of the others is on their disks.</summary>
    private void OnMatches(RaftCore core, ReplicaId id)
    {
        if (core.CurrentTerm < latestTerm)
        {
            return;
        }

        foreach (var member in core.Configuration.Members)
        {
            var match = core.MatchOf(member.Id);
            if (match != EntryId.Zero && stored.TryGetValue(member.Id, out var replica) && replica.Log.HardState.CurrentTerm <= core.CurrentTerm)
            {
                Require(
                    Holds(replica, match),
                    "a leader counts on entries that are there",
                    id,
                    $"believes that {member.Id} holds {match}, and its disk ends at {replica.Log.Last}");
            }
        }
    }

    private void OnRoleChanged(RaftCore core, ReplicaId id)
    {
        var (role, term) = (core.Role, core.CurrentTerm);
        cluster.Mix(id.Value, (long)role, term.Value);
        cluster.Observe(() => new LabRoleChanged(cluster.Now, name, id, role, term));
        if (role != RaftRole.Leader)
        {
            return;
        }

        OnLeader(id, term);
        foreach (var other in cluster.ReplicasOf(name))
        {
            Require(
                other.Term >= term || !other.Driver.HoldsLease,
                "nobody else is elected while a lease is valid (thesis §6.4.1)",
                id,
                $"leads in term {term}, while {other.Key.Replica} may read by its lease of term {other.Term}");
        }

        var committed = Committed.LastBefore(term);
        Require(
            HoldsOrCompacted(core, committed), "Leader Completeness", id, $"leads in term {term} without {committed}, which was committed before");
    }

    private void OnCommitted(RaftCore core, ReplicaId id, ObservedReplica view, bool byCounting)
    {
        var commit = core.CommitIndex;
        Require(core.IdAt(commit) is not null, "the commit index stays within the log", id, $"committed {commit}, which it does not hold");
        for (var index = view.CommitIndex.Next; index <= commit; index = index.Next)
        {
            if (core.IdAt(index) is { } entry)
            {
                Require(
                    Committed.Add(entry, core.CurrentTerm),
                    "State Machine Safety",
                    id,
                    $"committed {entry} where {Committed.IdAt(index)} was committed before");
            }
        }

        if (byCounting && core.IdAt(commit) is { } last)
        {
            Require(
                last.Term == core.CurrentTerm,
                "a leader counts replicas for entries of its own term only (§5.4.2)",
                id,
                $"committed {last} in term {core.CurrentTerm}");
            Require(
                HasMajorities(core, core.Configuration, last) || (view.Configuration is { } before && HasMajorities(core, before, last)),
                "what is committed is durable on a majority",
                id,
                $"committed {last} too early");
        }

        cluster.Mix(id.Value, commit.Value, core.CurrentTerm.Value);
        cluster.Observe(() => new LabCommitted(cluster.Now, name, id, commit));
    }

    /// <summary>Only a leader finds that something is committed; everybody else hears of it.</summary>
    private void OnCommitKnown(LogIndex commit, ReplicaId id, bool isOrigin)
    {
        if (isOrigin && commit > committedByLeaders)
        {
            committedByLeaders = commit;
        }

        Require(
            commit <= committedByLeaders,
            "a follower commits what its leader has committed",
            id,
            $"committed {commit}, and leaders no more than {committedByLeaders}");
    }

    /// <summary>
    /// Whether an entry is durable on a majority, of both sets of voters while they are two. A turn may commit first and change the configuration
    /// then, so its caller asks about the configuration before the turn, too.
    /// </summary>
    private bool HasMajorities(RaftCore core, Configuration configuration, EntryId entry) =>
        HasMajority(core, configuration.Voters, entry) && (!configuration.IsJoint || HasMajority(core, configuration.OutgoingVoters, entry));

    /// <summary>
    /// A leader that was replaced long ago may hear late of what a member held before it was removed; who came back under its name does not count
    /// against it.
    /// </summary>
    private bool HasMajority(RaftCore core, ImmutableArray<ReplicaId> voters, EntryId entry)
    {
        var holders = 0;
        foreach (var voter in voters)
        {
            if (stored.TryGetValue(voter, out var replica) && (Holds(replica, entry) || (replica.HasLostItsPast && core.CurrentTerm < latestTerm)))
            {
                holders++;
            }
        }

        return holders > voters.Length / 2;
    }

    /// <summary>
    /// A state is wrong only where a majority of the voters holds another, under the same program. A leader whose state machine threw meanwhile has
    /// forgotten its own digest, which it had counted.
    /// </summary>
    private void OnDiverged(ICheckedReplica replica, ComparisonRequest verdict)
    {
        var id = replica.Key.Replica;
        var own = replica.Driver.Inspect();
        var configuration = own.Status.Configuration;
        var holders = configuration.Voters.Count(voter =>
            (voter == id && (own.DigestIndex != verdict.Entry.Index || own.Digest == verdict.Majority?.ToString()))
            || (digests.TryGetValue((verdict.Entry, voter), out var told) && told == verdict.Majority));
        Require(
            !configuration.IsJoint && holders >= Quorum.Size(configuration.Voters.Length),
            "a state is wrong only by the word of a majority",
            id,
            $"calls what differs from {verdict.Majority} wrong at {verdict.Entry}, which {holders} voters of {configuration} hold");
        Require(
            configuration.Members.Any(member =>
                member.Id == id || (digests.TryGetValue((verdict.Entry, member.Id), out var told) && told.Contradicts(verdict.Majority!.Value))),
            "states are compared only where one program made them",
            id,
            $"finds at {verdict.Entry} a state that differs from {verdict.Majority}, and none of the same program does");
    }

    private void OnLeader(ReplicaId id, Term term)
    {
        latestTerm = term > latestTerm ? term : latestTerm;
        if (!leaders.TryAdd(term, id))
        {
            Require(leaders[term] == id, "Election Safety", id, $"leads in term {term}, in which {leaders[term]} led");
        }
    }

    private void OnVote(ReplicaId voter, ReplicaId candidate, Term term)
    {
        if (!votes.TryAdd((term, voter), candidate))
        {
            var chosen = votes[(term, voter)];
            Require(chosen == candidate, "one vote in a term", voter, $"voted for {candidate} in term {term} after it voted for {chosen}");
        }

        var durable = stored[voter].Log.HardState;
        Require(
            durable.CurrentTerm > term || (durable.CurrentTerm == term && durable.VotedFor == candidate),
            "no answer before it is durable",
            voter,
            $"voted for {candidate} in term {term} while its disk says {durable}");
    }

    private void OnAcknowledged(ReplicaId follower, EntryId match, Term term)
    {
        var durable = stored[follower];
        Require(
            durable.Log.HardState.CurrentTerm > term || Holds(durable, match),
            "no answer before it is durable",
            follower,
            $"acknowledged {match} in term {term} while its disk ends at {durable.Log.Last}");
    }

    private void NoteSound(ReplicaId from, AppendEntriesResponse response)
    {
        if (!response.IsHalted)
        {
            answersAsSound.Add((response.Term, from));
        }
    }

    private static bool Holds(StoredReplica replica, EntryId entry) =>
        entry.Index < replica.Log.Start.Index || replica.Log.IdAt(entry.Index) == entry;

    private static bool HoldsOrCompacted(RaftCore core, EntryId entry) =>
        core.IdAt(entry.Index) is { } held ? held == entry : entry.Index <= core.AppliedIndex;

    private void Require(
        bool condition, string property, ReplicaId replica, [InterpolatedStringHandlerArgument(nameof(condition))] ref Detail detail)
    {
        if (!condition)
        {
            cluster.Report(property, $"{name}/{replica} {detail.ToStringAndClear()}");
        }
    }
}
