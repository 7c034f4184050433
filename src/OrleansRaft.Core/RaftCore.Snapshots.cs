using OrleansRaft.Core.Codec;

namespace OrleansRaft.Core;

/// <summary>Snapshots (§7): compaction here, and sending and installing them in chunks that can be resumed.</summary>
internal sealed partial class RaftCore
{
    private SnapshotDescriptor snapshot;

    // A follower's half-received snapshot: what its store has put aside of it; and the chunks that follow, which the store was given in their order
    // and answers in that order.
    private readonly Queue<(ReplicaId From, InstallSnapshot Request)> given = new();
    private SnapshotDescriptor? staging;
    private long stagedBytes;
    private uint stagedChecksum;
    private long givenBytes;
    private InstallSnapshot? lastGiven;

    // The store lost what it had put aside; what it was given before it said so, it has not answered yet.
    private bool isStagingLost;

    // Installed, but not yet in the state machine: nothing is applied meanwhile.
    private SnapshotDescriptor? restoring;

    /// <summary>The newest snapshot of this replica.</summary>
    public SnapshotDescriptor Snapshot => snapshot;

    /// <summary>Whether a snapshot of the leader takes the place of the state, and the state machine does not hold it yet.</summary>
    public bool IsInstalling => restoring is not null;

    /// <summary>Whether a snapshot is on its way to a follower. A host delays the next one, within limits, so as not to start it over.</summary>
    public bool IsSendingSnapshot => Array.Exists(peers, peer => peer is { State: ProgressState.Snapshot, IsChunkDue: false });

    private static SnapshotTransfer? TransferTo(Progress peer) => peer is { State: ProgressState.Snapshot, Sending: { } sending }
        ? new SnapshotTransfer(sending.Snapshot.LastIncluded.Index, sending.Acknowledged, sending.Snapshot.SizeBytes)
        : null;

    private void OnSnapshotSaved(SnapshotDescriptor saved)
    {
        Invariant.Holds(saved.LastIncluded.Index <= AppliedIndex, "a snapshot holds only what was applied");
        if (saved.LastIncluded.Index <= snapshot.LastIncluded.Index)
        {
            return;
        }

        snapshot = saved;
        bytesSinceSnapshot = log.BytesBetween(saved.LastIncluded.Index, handedOut);
        CompactThrough(CompactionEnd());
    }

    private void OnCompactLog(LogIndex index)
    {
        Invariant.Holds(index <= snapshot.LastIncluded.Index, "only what a snapshot covers is forgotten");
        CompactThrough(index);
    }

    private void CompactThrough(LogIndex end)
    {
        if (end > log.Start.Index)
        {
            log.CompactThrough(end);
            configurations.CompactThrough(end);
            versions.CompactThrough(end);
            pendingCompaction = log.Start;
        }
    }

    /// <summary>How far the log may be forgotten: all that the snapshot covers, except a tail for followers that are a little behind.</summary>
    private LogIndex CompactionEnd()
    {
        var end = snapshot.LastIncluded.Index;
        long bytes = 0;
        for (var kept = 0; kept < settings.KeptEntries && end > log.Start.Index; kept++)
        {
            bytes += log[end].SizeBytes;
            if (bytes > settings.KeptBytesMax)
            {
                break;
            }

            end = end.Previous;
        }

        return end;
    }

    private void StartSnapshot(Progress peer)
    {
        peer.BecomeSnapshot(snapshot, settings);
        RequestChunks(peer);
    }

    /// <summary>
    /// Asks for as many chunks as the window has room for, unless the member is out of sight: then it costs the store nothing, however long that
    /// lasts, until it answers a heartbeat.
    /// </summary>
    private void RequestChunks(Progress peer)
    {
        if (!MayUse(peer.Sending!.Snapshot))
        {
            if (!MayUse(snapshot))
            {
                // This replica waits for a better one itself, from another leader.
                peer.IsChunkDue = true;
                return;
            }

            peer.BecomeSnapshot(snapshot, settings);
        }

        peer.IsChunkDue = peer.IsUnreachable || peer.TicksSinceContact > settings.ElectionTicksMax;
        if (peer.IsChunkDue)
        {
            peer.Sending.Repeat();
        }
        else
        {
            RequestChunks(peer.Id, peer.Sending);
        }
    }

    private void RequestChunks(ReplicaId to, SnapshotSending sending)
    {
        while (sending.TryAsk(out var offset))
        {
            effects.Add(new ReadSnapshotChunk(to, sending.Snapshot.LastIncluded, offset, settings.SnapshotChunkBytes));
        }
    }

    private void OnSnapshotChunkRead(SnapshotChunkRead chunk)
    {
        if (FindPeer(chunk.To) is not { State: ProgressState.Snapshot, Sending: { } sending } peer
            || sending.Snapshot.LastIncluded != chunk.LastIncluded
            || !sending.OnRead(chunk))
        {
            return;
        }

        peer.TicksWithoutProgress = 0;
        Send(
            peer.Id,
            new InstallSnapshot(CurrentTerm, peer.Member.Session, sending.Snapshot, chunk.Offset, chunk.Data, chunk.IsLast, readSequence),
            PersistTicket.Zero);
        RequestChunks(peer.Id, sending);
    }

    private void OnSnapshotChunkUnavailable(SnapshotChunkUnavailable chunk)
    {
        if (FindPeer(chunk.To) is { State: ProgressState.Snapshot, Sending.Snapshot: { } sending } peer
            && sending.LastIncluded == chunk.LastIncluded
            && sending.LastIncluded != snapshot.LastIncluded)
        {
            StartSnapshot(peer);
        }
    }

    private void OnInstallSnapshotResponse(ReplicaId from, InstallSnapshotResponse response)
    {
        if (Contact(from, response.Session) is not { } peer)
        {
            return;
        }

        if (response.IsInstalled)
        {
            peer.TicksSinceStateAsked = peer.TicksSinceStateAsked is null ? null : settings.ElectionTicksMax;
            OnMatched(peer, response.LastIncluded, response.ReadSequence);
            EndStateTransfer(peer);
        }
        else if (peer is { State: ProgressState.Snapshot, Sending: { } sending }
            && sending.Snapshot.LastIncluded == response.LastIncluded
            && sending.OnAnswered(response.NextOffset))
        {
            peer.TicksWithoutProgress = 0;
            RequestChunks(peer);
        }

        ConfirmReads(peer, response.ReadSequence);
    }

    private void OnInstallSnapshot(ReplicaId from, InstallSnapshot install)
    {
        HearFromLeader(from);
        var offered = install.Snapshot.LastIncluded;
        if (!MayUse(install.Snapshot))
        {
            // Its sender does not know of a decision that is committed here: the next leader's snapshot will.
            return;
        }

        if ((offered.Index <= CommitIndex || log.Contains(offered)) && !BringsState(install.Snapshot))
        {
            // Nothing to install: the log is there already, so it is kept (§7).
            CommitThrough(offered.Index);
            var match = log.IdAt(CommitIndex)!.Value;
            Send(
                from,
                AnswerOf(install.Session, true, match, LogIndex.Zero, install.ReadSequence),
                AcknowledgementTicket(match.Index));
            return;
        }

        if (install.Data.Length > install.Snapshot.SizeBytes - install.Offset)
        {
            // No leader cuts such a chunk: nothing is put aside without a limit.
            return;
        }

        if (IsInstallUnwritten || isStagingLost || (given.Count > 0 && lastGiven!.IsLast))
        {
            // The store has one place for what is staged: a chunk that it took before the write that installs the last capture would be gone with
            // that write, or take its place. What comes meanwhile is repeated.
            return;
        }

        if (!ContinuesStaging(install))
        {
            if (given.Count > 0)
            {
                // The store's answers do not tell captures of one index apart.
                return;
            }

            (staging, stagedBytes, stagedChecksum, givenBytes) = (install.Snapshot, 0, 0, 0);
        }

        if (install.Offset != givenBytes || IsStoreBehind(install))
        {
            if (install.Offset < stagedBytes || install.Offset >= givenBytes)
            {
                // Here already, or behind a gap, which is never staged. What the store was given is acknowledged when it has put it aside.
                AnswerChunk(from, install);
            }

            return;
        }

        lastGiven = install;
        given.Enqueue((from, install));
        givenBytes += install.Data.Length;
        effects.Add(new StageSnapshotChunk(install.Snapshot, install.Offset, install.Data, install.IsLast));
    }

    /// <summary>Whether the store must put aside more of what it was given before a chunk follows, so that memory is bounded.</summary>
    private bool IsStoreBehind(InstallSnapshot next) => given.Count > 0
        && (given.Count >= settings.InflightMessagesMax || givenBytes - stagedBytes + next.Data.Length > settings.InflightBytesMax);

    /// <summary>
    /// Whether a chunk belongs to what is staged: another leader may have captured the same entries in other bytes, of the same length. A capture
    /// without a checksum is known only by the leader that sends it.
    /// </summary>
    private bool ContinuesStaging(InstallSnapshot install) =>
        staging == install.Snapshot && (staging.Checksum is not null || lastGiven is null || lastGiven.Term == install.Term);

    private bool IsStagedWhole(SnapshotDescriptor whole) =>
        stagedBytes == whole.SizeBytes && (whole.Checksum is not { } checksum || checksum == stagedChecksum);

    private void AnswerChunk(ReplicaId to, InstallSnapshot install) => Send(
        to,
        new InstallSnapshotResponse(CurrentTerm, install.Session, install.Snapshot.LastIncluded, stagedBytes, false, install.ReadSequence),
        TermTicket);

    private void OnSnapshotChunkStaged(SnapshotChunkStaged chunk)
    {
        if (!given.TryPeek(out var oldest) || oldest.Request.Snapshot.LastIncluded != chunk.LastIncluded)
        {
            return;
        }

        var (from, request) = given.Dequeue();
        if (request.Offset == stagedBytes && chunk.NextOffset == request.Offset + request.Data.Length)
        {
            (stagedBytes, stagedChecksum) = (chunk.NextOffset, Crc32C.Append(stagedChecksum, request.Data.Span));
        }
        else
        {
            // The store has lost what was staged before, and what it was given since does not continue anything.
            (stagedBytes, stagedChecksum, isStagingLost) = (0, 0, true);
        }

        if (isStagingLost)
        {
            if (given.Count > 0)
            {
                return;
            }

            (isStagingLost, givenBytes) = (false, 0);
        }

        if (!request.IsLast)
        {
            if (request.Term == CurrentTerm)
            {
                AnswerChunk(from, request);
            }

            return;
        }

        if (!IsStagedWhole(request.Snapshot))
        {
            // It begins again when its leader repeats itself: not at once, lest a leader whose store is wrong keep both busy.
            (stagedBytes, stagedChecksum, givenBytes) = (0, 0, 0);
            return;
        }

        staging = null;
        lastGiven = null;
        var isNews = request.Snapshot.LastIncluded.Index > CommitIndex && !log.Contains(request.Snapshot.LastIncluded);
        if (Role == RaftRole.Follower && (isNews || BringsState(request.Snapshot)) && MayUse(request.Snapshot))
        {
            Install(from, request);
        }
    }

    /// <summary>
    /// Replaces the log by a snapshot that is completely staged. A divergent log goes with it; a log that holds the snapshot's end keeps what follows
    /// it (§7), which others may count on.
    /// </summary>
    private void Install(ReplicaId from, InstallSnapshot request)
    {
        var installed = request.Snapshot;
        var kept = log.Contains(installed.LastIncluded) ? log.SliceAfter(installed.LastIncluded.Index, long.MaxValue) : null;
        log.ResetTo(installed.LastIncluded, installed.Time, installed.Utc);
        configurations = new ConfigurationHistory(installed.Configuration);
        versions = new VersionHistory(installed.MachineVersion);
        skips.Install(installed);
        if (kept is null)
        {
            skips.TruncateAfter(installed.LastIncluded.Index);
        }
        else
        {
            foreach (ref readonly var entry in kept.Entries)
            {
                log.Append(entry);
                configurations.Note(entry);
                versions.Note(entry);
            }
        }

        foreach (var write in writesInFlight)
        {
            write.Last = LogIndex.Zero;
        }

        (snapshot, restoring, pendingInstall, pendingCompaction) = (installed, installed, installed, null);
        FindLastComparison();
        durable = LogIndex.Zero;
        writtenThrough = installed.LastIncluded;
        bytesSinceSnapshot = 0;
        hardState = hardState with { CommitIndex = LogIndex.Max(CommitIndex, installed.LastIncluded.Index) };
        OnConfigurationInForce();
        if (request.Term == CurrentTerm)
        {
            Send(
                from,
                new InstallSnapshotResponse(CurrentTerm, request.Session, installed.LastIncluded, installed.SizeBytes, true, request.ReadSequence),
                NextTicket);
        }
    }

    private void OnInstalled(SnapshotDescriptor installed)
    {
        if (restoring == installed)
        {
            effects.Add(new RestoreSnapshot(installed));
        }
    }
}
