using OrleansRaft.Core;

namespace OrleansRaft.Simulation.Script;

/// <summary>One replica whose every step a script decides: the product's Core, its disk, and what it wants to say and to apply.</summary>
internal sealed class ScriptNode
{
    private readonly RaftSettings settings;
    private readonly ScriptDisk disk;
    private readonly List<ScriptMessage> outbox = [];
    private readonly Queue<Entry> applying = new();

    // Core refuses a change of members until an entry of the leader's term is committed; here it waits for that, and what comes after it waits too.
    private readonly Queue<ScriptProposal> waiting = new();

    private RaftCore core;
    private LogIndex logAtElection;
    private string? rejection;
    private string? failure;

    public ScriptNode(ReplicaId id, RaftSettings settings, ScriptDisk disk)
    {
        (Id, this.settings, this.disk) = (id, settings, disk);
        core = Start();
    }

    public ReplicaId Id { get; }

    public RaftCore Core => core;

    public ScriptDisk Disk => disk;

    public bool IsStopped => failure is not null;

    /// <summary>Whether processing would do anything.</summary>
    public bool IsReady => !IsStopped && (outbox.Count > 0 || applying.Count > 0 || core.HasWrite);

    private bool IsTermCommitted => core.IdAt(core.CommitIndex)?.Term == core.CurrentTerm;

    /// <summary>Loses what is volatile, and starts from the disk.</summary>
    public void Restart()
    {
        outbox.Clear();
        applying.Clear();
        waiting.Clear();
        failure = null;
        core = Start();

        // Nothing would make an idle replica apply what it knows to be committed.
        Step(new EntriesApplied(core.AppliedIndex));
    }

    /// <summary>
    /// Makes durable what waits for it, sends what was held back, and applies what had been committed before. What that in turn brings forth is for
    /// the next time.
    /// </summary>
    public IReadOnlyList<ScriptMessage> Process()
    {
        var committed = core.CommitIndex;
        ScriptMessage[] messages = [.. outbox];
        outbox.Clear();
        if (core.HasWrite)
        {
            var write = core.TakeWrite();
            disk.Write(write);
            Step(new Persisted(write.Ticket));
        }

        disk.NoteCommit(LogIndex.Max(committed, disk.HardState.CommitIndex));
        ApplyThrough(committed);
        return messages;
    }

    public void Receive(ScriptMessage message)
    {
        if (message.Proposal is { } proposal)
        {
            Propose(proposal);
        }
        else
        {
            Step(new Receive(message.From, message.Message!));
        }
    }

    public void Step(Input input)
    {
        if (failure is not null)
        {
            throw new ScriptException($"Node {Id} has stopped ({failure}); 'restart' starts it again.");
        }

        rejection = null;
        try
        {
            StepAll(input);
            ProposeWaiting();
        }
        catch (InvariantViolationException violation)
        {
            failure = violation.Message;
            throw new ScriptException($"Node {Id} found itself impossible and stopped: {violation.Message}.");
        }
    }

    /// <summary>Proposes, or hands on to the leader.</summary>
    /// <returns>Why it is refused; null when it is not.</returns>
    public string? Propose(ScriptProposal proposal)
    {
        if (core.Role != RaftRole.Leader)
        {
            if (core.Leader is not { } leader)
            {
                return $"Node {Id} knows no leader.";
            }

            outbox.Add(new ScriptMessage(Id, leader, null, proposal));
            return null;
        }

        if (waiting.Count > 0)
        {
            waiting.Enqueue(proposal);
            return null;
        }

        return Append(proposal);
    }

    /// <summary>Hands leadership over.</summary>
    /// <returns>Why it is refused; null when it is not.</returns>
    public string? Transfer(ReplicaId target)
    {
        Step(new TransferLeadership(target));
        return rejection;
    }

    /// <summary>Takes a snapshot at an index that was applied, and forgets the log before it.</summary>
    public void Compact(LogIndex index)
    {
        disk.Compact(Describe(index));
        Step(new CompactLog(index));
    }

    /// <summary>The snapshot that the node would send now.</summary>
    public InstallSnapshot NewestSnapshot(LogIndex session)
    {
        var snapshot = core.Status.Snapshot;
        return new InstallSnapshot(
            core.CurrentTerm, session, snapshot, 0, disk.ContentAt(snapshot.LastIncluded.Index), true, ReadSequence.Zero);
    }

    private RaftCore Start() => new(Id, settings, disk.Recover(), (ulong)Id.Value);

    private void StepAll(Input input)
    {
        var effects = new List<Effect>();
        core.Step(input, MonotonicTime.Zero, effects);
        foreach (var effect in effects)
        {
            Do(effect);
        }
    }

    private void Do(Effect effect)
    {
        switch (effect)
        {
            case Send send:
                outbox.Add(new ScriptMessage(Id, send.To, ScriptMessage.Copy(send.Message), null));
                break;
            case Apply apply:
                foreach (var entry in apply.Entries)
                {
                    applying.Enqueue(entry);
                }

                break;
            case ReadSnapshotChunk read:
                StepAll(new SnapshotChunkRead(read.To, read.LastIncluded, 0, disk.ContentAt(read.LastIncluded.Index), true));
                break;
            case StageSnapshotChunk chunk:
                disk.Stage(chunk.Data);
                StepAll(new SnapshotChunkStaged(chunk.Snapshot.LastIncluded, chunk.Data.Length));
                break;
            case RestoreSnapshot restore:
                StepAll(new EntriesApplied(restore.Snapshot.LastIncluded.Index));
                break;
            case RoleChanged { Role: RaftRole.Leader }:
                logAtElection = core.LastEntry.Index.Previous;
                break;
            case ProposalRejected rejected:
                rejection = $"Node {Id} refused: {rejected.Reason}.";
                break;
            case TransferRejected rejected:
                rejection = $"Node {Id} does not hand leadership over: {rejected.Reason}.";
                break;
        }
    }

    private void ApplyThrough(LogIndex committed)
    {
        while (applying.TryPeek(out var next) && next.Index <= committed)
        {
            var last = applying.Dequeue();
            while (applying.TryPeek(out next) && next.Index <= committed)
            {
                last = applying.Dequeue();
            }

            Step(new EntriesApplied(last.Index));

            // A state that is applied is as good as a snapshot: one that must be sent is as new as can be.
            Step(new SnapshotSaved(Describe(last.Index)));
        }
    }

    private SnapshotDescriptor Describe(LogIndex index) => new(
        core.IdAt(index) ?? throw new ScriptException($"Node {Id} does not hold entry {index}."),
        core.AppliedTime,
        core.ConfigurationAt(index),
        disk.ContentAt(index).Length);

    private void ProposeWaiting()
    {
        if (core.Role != RaftRole.Leader)
        {
            waiting.Clear();
        }

        while (waiting.Count > 0 && IsTermCommitted)
        {
            Append(waiting.Dequeue());
        }
    }

    private string? Append(ScriptProposal proposal)
    {
        if (proposal is ChangeProposal change)
        {
            return AppendChange(change);
        }

        rejection = null;
        StepAll(new Propose(1, [((CommandProposal)proposal).Data]));
        return rejection;
    }

    /// <summary>
    /// A change that comes at the wrong time is refused by appending an empty entry in its place, as the transcripts this is compared with have it.
    /// </summary>
    private string? AppendChange(ChangeProposal change)
    {
        var isPending = LogIndex.Max(core.Configuration.Version, logAtElection) > core.AppliedIndex;
        if (isPending || core.Configuration.IsJoint != (change.Changes.Count == 0))
        {
            return Append(CommandProposal.Empty);
        }

        if (!IsTermCommitted)
        {
            waiting.Enqueue(change);
            return null;
        }

        rejection = null;
        StepAll(new ProposeConfiguration(1, change.For(core.Configuration), null, change.CoreTransition));
        return rejection;
    }
}
