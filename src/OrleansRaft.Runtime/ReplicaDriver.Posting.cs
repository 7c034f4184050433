using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Driving;

namespace OrleansRaft.Runtime;

/// <summary>What other threads call: everything goes into the inbox, or is refused at once.</summary>
internal sealed partial class ReplicaDriver
{
    private int isScheduled;

    /// <summary>Posts one tick; several that were not yet taken count as one. Any thread.</summary>
    public void Tick()
    {
        inbox.PostTick();
        AskForTurn();
    }

    /// <summary>Posts a message from another member. Any thread.</summary>
    /// <returns>Whether there was room for it; otherwise it is lost.</returns>
    public bool Receive(ReplicaId from, Message message)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (from == Key.Replica || !inbox.TryPost(new Receive(from, message), SizeOf(message)))
        {
            metrics.MessagesDropped.Add(1);
            return false;
        }

        AskForTurn();
        return true;
    }

    /// <summary>Ends the replica's quiescence, before it takes the messages that wait. Any thread.</summary>
    /// <param name="isLeaderLost">Whether the host has lost sight of the leader's silo: the replica no longer counts on it.</param>
    public void Unquiesce(bool isLeaderLost)
    {
        inbox.PostUnquiesce(isLeaderLost);
        AskForTurn();
    }

    /// <summary>
    /// Posts an input that has no answer: <see cref="Campaign"/>, <see cref="Unreachable"/> or <see cref="LeaderGone"/>. Any thread.
    /// </summary>
    /// <exception cref="ArgumentException">The input is another.</exception>
    public void Post(Input input)
    {
        if (input is not (Campaign or Unreachable or LeaderGone))
        {
            throw new ArgumentException($"{input?.GetType().Name ?? "null"} is not posted: it has a method of its own.", nameof(input));
        }

        inbox.TryPost(new ControlRequest(input, null));
        AskForTurn();
    }

    /// <summary>
    /// Submits commands (each a <see cref="CommandEnvelope"/>, encoded) to be appended together, if this replica leads. Any thread.
    /// </summary>
    /// <param name="envelopes">The commands; they must not change afterwards.</param>
    /// <param name="sink">Receives a reply for each, in order, when all are known.</param>
    public void Submit(IReadOnlyList<ReadOnlyMemory<byte>> envelopes, IReplySink sink)
    {
        ArgumentNullException.ThrowIfNull(envelopes);
        ArgumentNullException.ThrowIfNull(sink);
        if (envelopes.Count == 0)
        {
            sink.OnReplied(new ReplyBatch([], GroupTimeSeen));
            return;
        }

        long bytes = 0;
        for (var i = 0; i < envelopes.Count; i++)
        {
            bytes += Entry.OverheadBytes + envelopes[i].Length;
        }

        var submission = new Submission(envelopes.Count, sink, time.GetTimestamp(), Spans.Begin("raft.propose", Key, envelopes.Count))
        {
            Envelopes = envelopes,
        };
        switch (worker is null ? inbox.TryPost(submission, bytes) : Check(submission, bytes))
        {
            case PostResult.Full:
                RejectImmediately(submission, rejections.InboxFull());
                break;
            case PostResult.Closed:
                RejectImmediately(submission, rejections.Stopped());
                break;
            default:
                AskForTurn();
                break;
        }
    }

    /// <summary>
    /// Submits commands (each a <see cref="CommandEnvelope"/>, encoded) to be appended together, if this replica leads. Any thread.
    /// </summary>
    /// <returns>A reply for each, in order, when all are known.</returns>
    public Task<ReplyBatch> SubmitAsync(IReadOnlyList<ReadOnlyMemory<byte>> envelopes)
    {
        var sink = new TaskReplySink();
        Submit(envelopes, sink);
        return sink.Task;
    }

    /// <summary>Answers queries from this replica's state, all behind one confirmation. Any thread.</summary>
    /// <param name="queries">Each a key and an encoded query.</param>
    /// <param name="consistency">What they may see.</param>
    /// <param name="sink">Receives a reply for each, in order.</param>
    public void Query(IReadOnlyList<QueryEnvelope> queries, ReadConsistency consistency, IReplySink sink)
    {
        ArgumentNullException.ThrowIfNull(queries);
        ArgumentNullException.ThrowIfNull(sink);
        long bytes = 0;
        for (var i = 0; i < queries.Count; i++)
        {
            bytes += Entry.OverheadBytes + queries[i].Query.Length;
        }

        var batch = new QueryBatch(queries, consistency, sink) { Arrived = time.GetTimestamp() };
        switch (inbox.TryPost(batch, bytes))
        {
            case PostResult.Full:
                RejectImmediately(batch, rejections.InboxFull());
                break;
            case PostResult.Closed:
                RejectImmediately(batch, rejections.Stopped());
                break;
            default:
                AskForTurn();
                break;
        }
    }

    /// <summary>Answers queries (each a key and an encoded query) from this replica's state, all behind one confirmation. Any thread.</summary>
    /// <returns>A reply for each, in order.</returns>
    public async Task<Reply[]> QueryAsync(IReadOnlyList<QueryEnvelope> queries, ReadConsistency consistency)
    {
        var sink = new TaskReplySink();
        Query(queries, consistency, sink);
        return (await sink.Task).Replies;
    }

    /// <summary>
    /// Takes a view of the whole state behind everything that was acknowledged before, as a linearizable query sees it. Any thread.
    /// </summary>
    /// <remarks>The replica goes on while the view is written, and may stop meanwhile; see <see cref="IStateView"/>.</remarks>
    /// <returns>Committed with the state, or why there is none.</returns>
    public Task<StateAnswer> ViewStateAsync()
    {
        var wanted = new StateRequest();
        var batch = new QueryBatch([default], ReadConsistency.Linearizable, wanted) { Arrived = time.GetTimestamp(), State = wanted };
        switch (inbox.TryPost(batch, Entry.OverheadBytes))
        {
            case PostResult.Full:
                RejectImmediately(batch, rejections.InboxFull());
                break;
            case PostResult.Closed:
                RejectImmediately(batch, rejections.Stopped());
                break;
            default:
                AskForTurn();
                break;
        }

        return wanted.Task;
    }

    /// <summary>Changes the group's members (§6), if this replica leads. Any thread.</summary>
    /// <param name="changes">What to change; empty to leave a joint configuration.</param>
    /// <param name="expectedVersion">The version of the configuration that the change was made for; null to take whichever is in force.</param>
    /// <param name="sink">Receives one reply, when the change is committed or refused.</param>
    public void ChangeMembers(IReadOnlyList<MemberChange> changes, LogIndex? expectedVersion, IReplySink sink)
    {
        ArgumentNullException.ThrowIfNull(changes);
        ArgumentNullException.ThrowIfNull(sink);
        PostControl(new ProposeConfiguration(0, changes, expectedVersion), sink);
    }

    /// <summary>Changes the group's members (§6), if this replica leads. Any thread.</summary>
    /// <returns>The reply, when the change is committed or refused.</returns>
    public async Task<Reply> ChangeMembersAsync(IReadOnlyList<MemberChange> changes, LogIndex? expectedVersion)
    {
        var sink = new TaskReplySink();
        ChangeMembers(changes, expectedVersion, sink);
        return (await sink.Task).Replies[0];
    }

    /// <summary>Hands leadership to another voter (thesis §3.10), if this replica leads. Any thread.</summary>
    /// <param name="target">To whom; null for the most up-to-date voter.</param>
    /// <param name="sink">Receives one reply: committed when this replica has stopped leading, rejected when leadership was not handed over.</param>
    public void TransferLeadership(ReplicaId? target, IReplySink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        PostControl(new TransferLeadership(target), sink);
    }

    /// <summary>Hands leadership to another voter (thesis §3.10), if this replica leads. Any thread.</summary>
    /// <returns>Committed when this replica has stopped leading, rejected when leadership was not handed over.</returns>
    public async Task<Reply> TransferLeadershipAsync(ReplicaId? target)
    {
        var sink = new TaskReplySink();
        TransferLeadership(target, sink);
        return (await sink.Task).Replies[0];
    }

    /// <summary>Decides that the entry at which this replica is halted is never applied, if it leads. Any thread.</summary>
    /// <remarks>
    /// Whoever asks has made sure that no other replica is known to have applied the entry. Those of which nobody knows discard their state when
    /// they hear of the decision.
    /// </remarks>
    /// <param name="entry">Which entry.</param>
    /// <param name="sink">
    /// Receives one reply: committed when that is decided, with the entry of the decision; rejected when it is not skipped.
    /// </param>
    public void Skip(LogIndex entry, IReplySink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        PostControl(new ProposeSkip(entry), sink);
    }

    /// <summary>Decides that the entry at which this replica is halted is never applied, if it leads. Any thread.</summary>
    /// <returns>Committed when that is decided, with the entry of the decision; rejected when it is not skipped.</returns>
    public async Task<Reply> SkipAsync(LogIndex entry)
    {
        var sink = new TaskReplySink();
        Skip(entry, sink);
        return (await sink.Task).Replies[0];
    }

    /// <summary>
    /// Raises the version at which the group's state machine works, if this replica leads and every member's program supports the later one. Any
    /// thread.
    /// </summary>
    /// <param name="version">The later version; null for the latest that every member's program supports.</param>
    /// <param name="sink">Receives one reply: committed when the version is in force, with its entry; rejected when it is not raised.</param>
    public void ProposeVersion(int? version, IReplySink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        PostControl(new ProposeRaise(0, version), sink);
    }

    /// <summary>
    /// Raises the version at which the group's state machine works, if this replica leads and every member's program supports the later one. Any
    /// thread.
    /// </summary>
    /// <param name="version">The later version; null for the latest that every member's program supports.</param>
    /// <returns>Committed when the version is in force, with its entry; rejected when it is not raised.</returns>
    public async Task<Reply> ProposeVersionAsync(int? version)
    {
        var sink = new TaskReplySink();
        ProposeVersion(version, sink);
        return (await sink.Task).Replies[0];
    }

    /// <summary>Compares the states of all members of the group at an entry that is appended now, if this replica leads. Any thread.</summary>
    /// <param name="sink">
    /// Receives one reply: committed when the comparison is over, with its entry and the <see cref="Comparison"/> as <see cref="ComparisonCodec"/>
    /// writes it, whatever that says; rejected when there is none.
    /// </param>
    public void Compare(IReplySink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        PostControl(ProposeComparison.Instance, sink);
    }

    /// <summary>Compares the states of all members of the group at an entry that is appended now, if this replica leads. Any thread.</summary>
    /// <returns>Committed when the comparison is over, see <see cref="Compare"/>; rejected when there is none.</returns>
    public async Task<Reply> CompareAsync()
    {
        var sink = new TaskReplySink();
        Compare(sink);
        return (await sink.Task).Replies[0];
    }

    /// <summary>The replica at this moment, with the digest of its last comparison. Any thread: answered on the next run.</summary>
    /// <exception cref="ObjectDisposedException">The replica has stopped.</exception>
    /// <exception cref="InvalidOperationException">Too many ask at once.</exception>
    public Task<ReplicaStatus> InspectAsync() => Ask(new Inspection<ReplicaStatus>(Inspect));

    /// <summary>What Core says of itself at this moment, without a digest of the state. Any thread: answered on the next run.</summary>
    /// <exception cref="ObjectDisposedException">The replica has stopped.</exception>
    /// <exception cref="InvalidOperationException">Too many ask at once.</exception>
    public Task<RaftStatus> GetStatusAsync() => Ask(new Inspection<RaftStatus>(() => Core.Status));

    /// <summary>Entries of the log after an index, for people. Any thread: answered on the next run.</summary>
    /// <exception cref="ObjectDisposedException">The replica has stopped.</exception>
    /// <exception cref="InvalidOperationException">Too many ask at once.</exception>
    public Task<IReadOnlyList<Entry>> ReadLogAsync(LogIndex after, int limit) =>
        Ask(new Inspection<IReadOnlyList<Entry>>(() => Core.EntriesAfter(after, limit)));

    private static long SizeOf(Message message) => Entry.OverheadBytes + message switch
    {
        AppendEntries append => append.Block.SizeBytes,
        InstallSnapshot install => install.Data.Length,
        _ => 0,
    };

    private void PostControl(Input input, IReplySink sink)
    {
        var submission = new Submission(1, sink);
        switch (inbox.TryPost(new ControlRequest(input, submission)))
        {
            case PostResult.Full:
                RejectImmediately(submission, rejections.InboxFull());
                break;
            case PostResult.Closed:
                RejectImmediately(submission, rejections.Stopped());
                break;
            default:
                AskForTurn();
                break;
        }
    }

    private Task<T> Ask<T>(Inspection<T> inspection)
    {
        switch (inbox.TryPost(inspection))
        {
            case PostResult.Full:
                inspection.Reject(new InvalidOperationException($"Too many ask {Key} for its state; wait a moment."));
                break;
            case PostResult.Closed:
                inspection.Reject(HasStopped());
                break;
            default:
                AskForTurn();
                break;
        }

        return inspection.Task;
    }

    // At the door the caller's own thread answers, so it must not touch Core: the group's time is the one last seen.
    private void RejectImmediately(Submission submission, in Reply reply)
    {
        for (var place = 0; place < submission.Count; place++)
        {
            submission.Note(place, reply);
        }

        Spans.End(submission.Span);
        submission.Deliver(GroupTimeSeen);
    }

    private void RejectImmediately(QueryBatch batch, in Reply reply)
    {
        var replies = new Reply[batch.Queries.Count];
        Array.Fill(replies, reply);
        batch.Sink.OnReplied(new ReplyBatch(replies, GroupTimeSeen));
    }

    private ObjectDisposedException HasStopped() => new(Key.ToString(), $"{Key} has stopped here; it may be running on another silo.");

    private void AskForTurn()
    {
        if (Interlocked.Exchange(ref isScheduled, 1) == 0)
        {
            host.Schedule();
        }
    }
}
