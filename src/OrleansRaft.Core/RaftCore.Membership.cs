using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core;

/// <summary>Changes of membership (§6, thesis §4), in force from append.</summary>
internal sealed partial class RaftCore
{
    private ConfigurationHistory configurations;
    private LogIndex commitAtLastTick;

    /// <summary>The configuration in force.</summary>
    public Configuration Configuration => configurations.Latest;

    /// <summary>The configuration in force at an index that has been applied; what a snapshot of that index must carry (§7).</summary>
    public Configuration ConfigurationAt(LogIndex index) => configurations.At(index);

    /// <summary>Whether this replica's removal is committed. A leader that keeps leading all the same begins nothing more.</summary>
    private bool HasLeft => Configuration.Version <= CommitIndex && !Configuration.Contains(Id);

    private void OnProposeConfiguration(ProposeConfiguration propose)
    {
        var (next, reason) = Plan(propose);
        if (next is null)
        {
            effects.Add(new ProposalRejected(propose.ProposalId, reason, leader));
            return;
        }

        effects.Add(new ProposalAppended(propose.ProposalId, new EntryId(CurrentTerm, next.Version), 1));
        AppendConfiguration(next);
    }

    private (Configuration? Next, RaftRejection Reason) Plan(ProposeConfiguration propose)
    {
        if (Role != RaftRole.Leader || HasLeft)
        {
            return (null, RaftRejection.NotLeader);
        }

        if (transferTarget is not null)
        {
            return (null, RaftRejection.Transferring);
        }

        if (propose.ExpectedVersion is { } expected && expected != Configuration.Version)
        {
            return (null, RaftRejection.ConfigurationConflict);
        }

        // An entry of this term must be committed first (Ongaro, raft-dev 2015), and one change at a time.
        if (!IsTermCommitted || Configuration.Version > CommitIndex)
        {
            return (null, RaftRejection.NotReady);
        }

        var index = log.Last.Index.Next;
        if (Configuration.IsJoint)
        {
            return propose.Changes.Count == 0
                ? (MembershipChange.Leave(Configuration, index), default)
                : (null, RaftRejection.NotReady);
        }

        return propose.Changes.Count == 0 || MembershipChange.Apply(Configuration, propose.Changes, index, propose.Transition) is not { } next
            ? (null, RaftRejection.InvalidChange)
            : (next, default);
    }

    /// <summary>Makes voters of learners that asked for it and hold everything that was committed a tick ago (thesis §4.2.1).</summary>
    private void PromoteLearners()
    {
        var caughtUpIndex = commitAtLastTick;
        commitAtLastTick = CommitIndex;
        if (Configuration.Learners.IsEmpty
            || Configuration.IsJoint
            || Configuration.Version > CommitIndex
            || !IsTermCommitted
            || transferTarget is not null)
        {
            return;
        }

        List<MemberChange> promotions = [];
        foreach (var learner in Configuration.Learners)
        {
            if (Configuration.Find(learner) is { PromotesWhenCaughtUp: true }
                && FindPeer(learner) is { State: ProgressState.Replicate } peer
                && peer.Match.Index >= LogIndex.Max(caughtUpIndex, Configuration.Version))
            {
                promotions.Add(new MemberChange(MemberChangeKind.AddVoter, learner));
            }
        }

        if (promotions.Count > 0)
        {
            AppendConfiguration(MembershipChange.Apply(Configuration, promotions, log.Last.Index.Next)!);
        }
    }

    private void AppendConfiguration(Configuration next)
    {
        AppendOwn(EntryKind.Configuration, ConfigurationCodec.Encode(next));
        configurations.Note(log[log.Last.Index]);
        OnConfigurationInForce();
        Broadcast();
        AdvanceCommit();
    }

    private void OnConfigurationInForce()
    {
        if (Role == RaftRole.Leader)
        {
            TrackPeers();
        }

        effects.Add(new ConfigurationChanged(Configuration));
    }

    /// <summary>After a commit: a leader leaves a joint configuration that asks for it, and steps down when it is no longer a voter.</summary>
    private void OnConfigurationCommitted()
    {
        if (Role != RaftRole.Leader || Configuration.Version > CommitIndex)
        {
            return;
        }

        DismissDeparted();
        if (Configuration is { IsJoint: true, LeavesAutomatically: true } && IsTermCommitted)
        {
            AppendConfiguration(MembershipChange.Leave(Configuration, log.Last.Index.Next));
        }
        else if (!Configuration.IsVoter(Id) && settings.StepDownOnRemoval)
        {
            BecomeFollower(CurrentTerm, null);
        }
    }

    /// <summary>Replicas whose removal is committed hear of it, if one more message reaches them, and then nothing more.</summary>
    private void DismissDeparted()
    {
        foreach (var peer in peers)
        {
            if (peer is { IsDeparting: true, State: ProgressState.Replicate })
            {
                SendBehindEntries(peer);
            }
        }

        peers = Array.FindAll(peers, peer => !peer.IsDeparting);
    }
}
