namespace OrleansRaft.Core;

/// <summary>Leadership transfer (thesis §3.10).</summary>
internal sealed partial class RaftCore
{
    private ReplicaId? transferTarget;
    private int transferTicks;
    private bool isHalted;

    /// <summary>Whether a voter that answers could lead whose state machine is not halted. False on a replica that does not lead.</summary>
    public bool HasSoundSuccessor =>
        MostUpToDateVoter() is { } best && FindPeer(best) is { IsHalted: false, MachineVersions: not null };

    private void OnTransferLeadership(ReplicaId? requested)
    {
        if (Role != RaftRole.Leader)
        {
            effects.Add(new TransferRejected(RaftRejection.NotLeader));
            return;
        }

        if ((requested ?? MostUpToDateVoter()) is not { } target
            || target == Id
            || !Configuration.IsVoter(target)
            || FindPeer(target) is not { } peer)
        {
            effects.Add(new TransferRejected(RaftRejection.InvalidChange));
            return;
        }

        (transferTarget, transferTicks) = (target, 0);
        ContinueTransfer(peer);
        Replicate(peer);
    }

    /// <summary>Of the voters that answer, and whose state machines are not halted if there are such, the one whose log is longest.</summary>
    private ReplicaId? MostUpToDateVoter()
    {
        Progress? best = null;
        foreach (var peer in peers)
        {
            if (!peer.IsLearner && peer.TicksSinceContact <= settings.ElectionTicksMin && (best is null || IsBetterSuccessor(peer, best)))
            {
                best = peer;
            }
        }

        return best?.Id;
    }

    private static bool IsBetterSuccessor(Progress peer, Progress than) =>
        peer.IsHalted == than.IsHalted ? peer.Match.Index > than.Match.Index : than.IsHalted;

    /// <summary>
    /// A replica whose state machine is halted lets the others stand first. It says so in its answers, so that its leader does not hand over to it.
    /// </summary>
    private void OnMachineChanged(bool halted)
    {
        if (isHalted != halted)
        {
            isHalted = halted;
            ResetElectionTimer();
        }
    }

    private void ContinueTransfer(Progress peer)
    {
        if (transferTarget != peer.Id || peer.Match != log.Last)
        {
            return;
        }

        // From here on another leader may arise at any moment, however late this message arrives: no lease holds for the rest of the term
        // (tikv/tikv#1593).
        isLeaseForfeited = true;
        Send(peer.Id, new TimeoutNow(CurrentTerm), PersistTicket.Zero);
    }

    /// <summary>Gives up after an election timeout, so that an interrupted transfer leaves nothing stuck (hashicorp/raft#696).</summary>
    private void CountTransferTicks()
    {
        if (transferTarget is not null && ++transferTicks > settings.TransferTicksMax)
        {
            transferTarget = null;
            effects.Add(new TransferRejected(RaftRejection.NotReady));
        }
    }

    /// <summary>The leader that asks has given up its lease, and no earlier one is left: no promise stands in the way.</summary>
    private void OnTimeoutNow()
    {
        if (Role != RaftRole.Leader && MayStand)
        {
            BecomeCandidate(isTransfer: true);
        }
    }
}
