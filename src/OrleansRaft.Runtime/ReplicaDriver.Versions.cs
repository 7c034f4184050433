using OrleansRaft.Core;
using OrleansRaft.Runtime.Driving;

namespace OrleansRaft.Runtime;

/// <summary>
/// The version at which the state machine works, and a replica whose program does not support it: that keeps its log and its vote, acknowledges, and
/// keeps its leader's snapshots unread, but applies and serves nothing until another program starts.
/// </summary>
internal sealed partial class ReplicaDriver
{
    // Beyond so many thresholds of log a replica that is behind asks for a snapshot, by which it can forget what it holds.
    private const int UnreadLogFactor = 2;

    private int versionTold = MachineVersions.Initial;
    private int versionCommitted = MachineVersions.Initial;

    /// <summary>The versions of the state machine that this program supports. Any thread.</summary>
    public MachineVersions MachineVersions => machine.Versions;

    /// <summary>The version at which the group's state machine works, as this replica knew at the end of its last turn. Any thread.</summary>
    public int MachineVersion => Volatile.Read(ref versionCommitted);

    /// <summary>The first entry that this program must not apply, committed or not; null for none.</summary>
    private LogIndex? EndOfUse => Condemned is { } condemned && !(Core.FirstRaiseBeyond < condemned) ? condemned : Core.FirstRaiseBeyond;

    /// <summary>
    /// Whether a replica that is behind wants a snapshot of its leader: its log grows, or this program could read the snapshot that the leader has.
    /// </summary>
    private bool NeedsNewerSnapshot =>
        halt is { IsBehind: true } behind
        && Core.Role != RaftRole.Leader
        && (haltedBytes > SnapshotThreshold * UnreadLogFactor
            || (!behind.HasState && machine.Versions.Supports(Core.MachineVersionAt(Core.CommitIndex))));

    private Halt HaltAt(LogIndex end) => end == Condemned
        ? AtCondemned(end)
        : new Halt(Core.IdAt(end), DescribeVersion(Core.MachineVersionAt(end))) { IsFinal = true, IsBehind = true };

    private bool IsUnsupported(SnapshotDescriptor snapshot) =>
        snapshot.LastIncluded != EntryId.Zero && !machine.Versions.Supports(snapshot.MachineVersion);

    private string DescribeVersion(int version) =>
        $"The group's state machine works at version {version}, and this program supports {machine.Versions}.";

    private void BeginBehind()
    {
        // Somebody who can serve should lead at once.
        transfersAtOnce = true;
        haltedBytes = Core.UnappliedBytes;
    }

    /// <summary>What is stored is of a version that this program does not support: it is kept, and another program restores it.</summary>
    private void FallBehind(SnapshotDescriptor unread)
    {
        isRebuilding = false;
        EnterHalt(new Halt(null, DescribeVersion(unread.MachineVersion)) { HasState = false, IsFinal = true, IsBehind = true });
    }

    /// <summary>
    /// A snapshot of the leader is durable, of a version that this program does not support. To Core it is as if it had been restored: the log before
    /// it is forgotten, and the next one may come.
    /// </summary>
    private void KeepUnread(SnapshotDescriptor snapshot)
    {
        EmptyMachine(worker?.TakeAll() ?? []);
        lives++;
        (rebuildFrom, snapshotBytes, digest) = (null, snapshot.SizeBytes, default);
        handedOut = LogIndex.Max(handedOut, snapshot.LastIncluded.Index);
        answered = LogIndex.Max(answered, snapshot.LastIncluded.Index);
        FallBehind(snapshot);
        haltedBytes = 0;
        unreported = snapshot.LastIncluded.Index;
        host.OnSnapshot(snapshot.LastIncluded, isInstalled: true);
    }

    /// <summary>Why a command is refused that must not be applied at the version at which it would be; null when it may.</summary>
    private Reply? RejectForVersion(in EnvelopeView command) =>
        command.Kind is not (EnvelopeKind.Request or EnvelopeKind.Session) ? null
        : command.Needs > Core.MachineVersion ? rejections.VersionNotRaised(command.Needs, Core.MachineVersion)
        : Core.MachineVersion < machine.Versions.Oldest ? rejections.VersionTooLow(Core.MachineVersion, machine.Versions)
        : null;

    /// <summary>Somebody asks this replica to raise the version.</summary>
    private void TakeRaise(ProposeRaise raise, Submission submission)
    {
        if (AnswerRaise(raise.Version) is { } answer)
        {
            if (Core is { Role: RaftRole.Leader, IsQuiescent: true })
            {
                // Who has told this leader nothing yet is asked by its heartbeats; a group that sleeps would never know.
                Step(new Unquiesce(IsLeaderLost: false));
            }

            answers.AnswerAll(submission, answer);
            return;
        }

        proposals.Add(default, default, 0, submission, 0);
        Step(raise);
    }

    /// <summary>The answer to whoever wants the version raised; null when that is to be decided.</summary>
    private Reply? AnswerRaise(int? wanted)
    {
        var (inForce, supported) = (Core.MachineVersion, machine.Versions);
        if (Core.Role != RaftRole.Leader)
        {
            return rejections.NotLeader(Core.Leader);
        }

        if (IsHalted)
        {
            return RejectHalted();
        }

        if (wanted < inForce)
        {
            return rejections.NotRaised($"it works at version {inForce}, and a version is never lowered.");
        }

        if ((wanted ?? supported.Newest) == inForce)
        {
            return Core.MachineVersionAt(view.AppliedEntry.Index) == inForce
                ? Reply.Committed(default, default)
                : rejections.RaiseNotYet($"the entry that raises it to {inForce} is under way.");
        }

        return wanted is { } version && !supported.Supports(version)
            ? rejections.NotRaised($"the program of {Key}, which leads, supports {supported} and not {version}.")
            : RejectForMembers(wanted ?? inForce + 1);
    }

    private Reply? RejectForMembers(int version)
    {
        var without = Core.MembersWithout(version);
        if (without.Count == 0)
        {
            return null;
        }

        var members = string.Join(", ", without.Select(static one =>
            one.Supports is { } supports
                ? $"the program of member {one.Member} supports {supports}"
                : $"member {one.Member} has not answered its leader yet"));
        return without.Any(static one => one.Supports is null)
            ? rejections.RaiseNotYet($"{members}; version {version} is wanted.")
            : rejections.NotRaised($"{members}, and version {version} is wanted. Start the newer program on their silos, or remove the members.");
    }

    /// <summary>Entries were applied, and the machine works at another version since one of them.</summary>
    private void TellVersion(IReadOnlyList<Entry> entries)
    {
        versionTold = view.Version;
        if (entries.LastOrDefault(static entry => entry.Kind == EntryKind.Raise) is { Kind: EntryKind.Raise } raise)
        {
            Log.VersionRaised(logger, Key, view.Version, raise.Id);
            host.OnVersionRaised(view.Version, raise.Id);
        }
    }
}
