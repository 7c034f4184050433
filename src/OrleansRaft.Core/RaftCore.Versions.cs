using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core;

/// <summary>
/// The version at which the state machine works: an entry raises it, which is appended only when every member's program supports the later version.
/// </summary>
/// <remarks>
/// Members say what their programs support in their answers. One that this leader has not heard since it leads counts as too old, whether it is
/// absent, a learner or a voter: a version is never lowered, and whoever does not support it can serve no more.
/// </remarks>
internal sealed partial class RaftCore
{
    private VersionHistory versions;

    /// <summary>The version after the last entry of the log, committed or not: what is appended now is applied at it.</summary>
    public int MachineVersion => versions.Latest;

    /// <summary>The version at which the machine works when it has applied an index of the log; what a snapshot of that index must name.</summary>
    public int MachineVersionAt(LogIndex index) => versions.At(index);

    /// <summary>
    /// The first entry of the log, committed or not, that raises the version to one that this replica's program does not support; null for none.
    /// </summary>
    public LogIndex? FirstRaiseBeyond => versions.FirstBeyond(settings.MachineVersions);

    /// <summary>
    /// Of the members other than this replica, those that keep this leader from raising the version, with what they support; null: not known.
    /// </summary>
    /// <param name="version">To which version.</param>
    public IReadOnlyList<(ReplicaId Member, MachineVersions? Supports)> MembersWithout(int version)
    {
        var without = new List<(ReplicaId, MachineVersions?)>();
        foreach (var member in Configuration.Members)
        {
            if (member.Id != Id && SupportOf(member.Id) is var supports && supports?.Supports(version) is not true)
            {
                without.Add((member.Id, supports));
            }
        }

        return without;
    }

    private void OnProposeRaise(ProposeRaise propose)
    {
        var (version, reason) = PlanRaise(propose.Version);
        if (reason is { } rejection)
        {
            effects.Add(new ProposalRejected(propose.ProposalId, rejection, leader));
            return;
        }

        effects.Add(new ProposalAppended(propose.ProposalId, new EntryId(CurrentTerm, log.Last.Index.Next), 1));
        AppendRaise(version);
    }

    private (int Version, RaftRejection? Reason) PlanRaise(int? wanted)
    {
        if (Role != RaftRole.Leader || HasLeft)
        {
            return (0, RaftRejection.NotLeader);
        }

        if (transferTarget is not null)
        {
            return (0, RaftRejection.Transferring);
        }

        // One at a time: what a member says may belong to the configuration that is being left.
        if (!IsTermCommitted || versions.LatestEntry > CommitIndex || Configuration.Version > CommitIndex)
        {
            return (0, RaftRejection.NotReady);
        }

        var version = wanted ?? NewestOfAll();
        return version > MachineVersion && settings.MachineVersions.Supports(version) && MembersWithout(version).Count == 0
            ? (version, null)
            : (0, RaftRejection.InvalidChange);
    }

    private int NewestOfAll()
    {
        var newest = settings.MachineVersions.Newest;
        foreach (var member in Configuration.Members)
        {
            if (member.Id != Id)
            {
                newest = Math.Min(newest, SupportOf(member.Id)?.Newest ?? newest);
            }
        }

        return newest;
    }

    /// <summary>What a member's program supports, as it has told this leader; null when it has not.</summary>
    private MachineVersions? SupportOf(ReplicaId member) => FindPeer(member)?.MachineVersions;

    private void AppendRaise(int version)
    {
        AppendOwn(EntryKind.Raise, RaiseCodec.Encode(version));
        versions.Note(log[log.Last.Index]);
        Broadcast();
        AdvanceCommit();
    }

    /// <summary>
    /// At a leader's tick: raises the version as far as all members' programs allow. A leader whose machine is halted leaves it to another.
    /// </summary>
    private void RaiseByItself()
    {
        if (settings.AutoRaise && settings.MachineVersions.Newest > MachineVersion && !isHalted && PlanRaise(null) is { Reason: null } raise)
        {
            AppendRaise(raise.Version);
        }
    }
}
