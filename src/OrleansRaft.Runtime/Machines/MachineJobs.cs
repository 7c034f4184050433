using System.Runtime.ExceptionServices;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Driving;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Machines;

/// <summary>Applies committed entries.</summary>
/// <param name="entries">The entries, contiguous after what the machine holds.</param>
internal sealed class ApplyJob(IReadOnlyList<Entry> entries) : MachineJob
{
    /// <summary>The entries.</summary>
    public IReadOnlyList<Entry> Entries { get; } = entries;

    /// <summary>The answer to each.</summary>
    public Reply[] Replies { get; } = new Reply[entries.Count];

    /// <summary>How long it took.</summary>
    public TimeSpan Took { get; private set; }

    /// <inheritdoc/>
    protected override bool RunPart(IStateMachineHost machine, in MachineSlice slice)
    {
        var began = slice.Time.GetTimestamp();
        machine.Apply(Entries, Replies);
        Took = slice.Time.GetElapsedTime(began);
        return true;
    }
}

/// <summary>Passes over an entry that was skipped.</summary>
/// <param name="entry">The entry after what the machine holds.</param>
internal sealed class SkipJob(Entry entry) : MachineJob
{
    /// <summary>The entry.</summary>
    public Entry Entry => entry;

    /// <summary>The answer to it.</summary>
    public Reply Reply { get; private set; }

    /// <inheritdoc/>
    protected override bool RunPart(IStateMachineHost machine, in MachineSlice slice)
    {
        Reply = machine.Skip(entry);
        return true;
    }
}

/// <summary>Answers queries; those whose callers have given up meanwhile are passed over.</summary>
/// <param name="queries">The queries.</param>
/// <param name="age">How old the state may be, in milliseconds, see <see cref="Reply.AgeMilliseconds"/>.</param>
/// <param name="abandoned">The answer when the machine is taken away before it comes to them.</param>
internal sealed class QueryJob(QueryBatch queries, long age, Reply abandoned) : MachineJob
{
    private static readonly Reply GivenUp = Reply.Rejected(
        RejectionReason.Unreachable, null, 0, "The caller's time was over before the query was begun; it was not run.");

    private int place;

    /// <summary>The queries.</summary>
    public QueryBatch Queries { get; } = queries;

    /// <summary>The answer to each.</summary>
    public Reply[] Replies { get; } = new Reply[queries.Queries.Count];

    /// <inheritdoc/>
    public override void Abandon()
    {
        // What the machine may still be writing into its own array is not read any more.
        var replies = new Reply[Replies.Length];
        Array.Fill(replies, abandoned);
        Queries.Sink.OnReplied(new ReplyBatch(replies, LogTime.Zero));
    }

    /// <inheritdoc/>
    protected override bool RunPart(IStateMachineHost machine, in MachineSlice slice)
    {
        do
        {
            Replies[place] = Queries.IsGivenUp(place, slice.Time) ? GivenUp : machine.Query(Queries.Queries[place]) with { AgeMilliseconds = age };
        }
        while (++place < Replies.Length && !slice.IsOver);
        return place == Replies.Length;
    }
}

/// <summary>
/// Decodes commands before they are proposed, so that what cannot be decoded never enters the log; and asks whose their request ids are.
/// </summary>
/// <param name="submission">The commands.</param>
/// <param name="bytes">Their size, as the inbox counts.</param>
/// <param name="abandoned">The answer when the machine is taken away before it comes to them.</param>
internal sealed class CheckJob(Submission submission, long bytes, Reply abandoned) : MachineJob
{
    private readonly CommandCheck[] checks = new CommandCheck[submission.Count];
    private int place;

    /// <summary>The commands.</summary>
    public Submission Submission { get; } = submission;

    /// <summary>Their size, as the inbox counts.</summary>
    public long Bytes { get; } = bytes;

    /// <inheritdoc/>
    public override void Abandon()
    {
        for (var i = 0; i < Submission.Count; i++)
        {
            Submission.Note(i, abandoned);
        }

        Spans.End(Submission.Span);
        Submission.Deliver(LogTime.Zero);
    }

    /// <inheritdoc/>
    protected override bool RunPart(IStateMachineHost machine, in MachineSlice slice)
    {
        do
        {
            checks[place] = machine.Check(Submission.Envelopes[place]);
        }
        while (++place < checks.Length && !slice.IsOver);

        if (place < checks.Length)
        {
            return false;
        }

        Submission.Checks = checks;
        return true;
    }
}

/// <summary>Takes a view of the state, for a snapshot.</summary>
/// <param name="captureBytesMax">How much a machine without views may capture, in bytes.</param>
/// <param name="failure">What the last view threw when it was written, which ends the machine's work here; null to take one.</param>
internal class CaptureJob(long captureBytesMax, MachineException? failure = null) : MachineJob
{
    // Stands for a view that nobody wants.
    private static readonly IStateView Unwanted = new CapturedState(default);

    private IStateView? view;

    /// <summary>Hands the view over.</summary>
    public IStateView Take() => Interlocked.Exchange(ref view, Unwanted)!;

    /// <summary>Also when it is being taken at this moment, on another thread.</summary>
    public override void Abandon()
    {
        if (Interlocked.Exchange(ref view, Unwanted) is { } taken)
        {
            ViewWriter.Release(taken);
        }
    }

    /// <inheritdoc/>
    protected override bool RunPart(IStateMachineHost machine, in MachineSlice slice)
    {
        var taken = failure is null ? machine.TakeView(captureBytesMax) : throw failure;
        if (Interlocked.CompareExchange(ref view, taken, null) is not null)
        {
            ViewWriter.Release(taken);
        }

        return true;
    }
}

/// <summary>Takes a view of the state, for somebody who asked for it.</summary>
/// <param name="captureBytesMax">How much a machine without views may capture, in bytes.</param>
/// <param name="queries">Who asked, for it alone.</param>
/// <param name="abandoned">The answer when the machine is taken away before it comes to it.</param>
internal sealed class ViewJob(long captureBytesMax, QueryBatch queries, Reply abandoned) : CaptureJob(captureBytesMax)
{
    /// <summary>Who asked.</summary>
    public QueryBatch Queries => queries;

    /// <summary>Why the machine gave none; null when it did. It goes on all the same.</summary>
    public MachineException? Refusal { get; private set; }

    /// <inheritdoc/>
    public override void Abandon()
    {
        base.Abandon();
        queries.Sink.OnReplied(new ReplyBatch([abandoned], LogTime.Zero));
    }

    /// <inheritdoc/>
    protected override bool RunPart(IStateMachineHost machine, in MachineSlice slice)
    {
        try
        {
            return base.RunPart(machine, slice);
        }
        catch (MachineException thrown)
        {
            Refusal = thrown;
            return true;
        }
    }
}

/// <summary>Begins a digest of the whole state, at a comparison.</summary>
/// <param name="comparison">The entry of the comparison, which the machine holds, and nothing after it.</param>
internal sealed class DigestJob(EntryId comparison) : MachineJob
{
    /// <summary>The entry of the comparison.</summary>
    public EntryId Comparison => comparison;

    /// <summary>How long it took.</summary>
    public TimeSpan Took { get; private set; }

    // Stands for a digest that nobody wants.
    private static readonly PendingDigest Unwanted = new(ReadOnlyMemory<byte>.Empty);

    private PendingDigest? pending;

    /// <summary>Hands over the digest, as far as it is made.</summary>
    public PendingDigest Take() => Interlocked.Exchange(ref pending, Unwanted)!;

    /// <summary>Also when it is begun at this moment, on another thread.</summary>
    public override void Abandon() => Interlocked.Exchange(ref pending, Unwanted)?.Dispose();

    /// <summary>Begins the digest of the state as it is.</summary>
    /// <exception cref="MachineException">The state machine threw.</exception>
    public static PendingDigest Begin(IStateMachineHost machine, EntryId comparison)
    {
        Invariant.Holds(machine.AppliedEntry == comparison, "a digest is of the state at its comparison");
        return machine.BeginDigest();
    }

    /// <inheritdoc/>
    protected override bool RunPart(IStateMachineHost machine, in MachineSlice slice)
    {
        var began = slice.Time.GetTimestamp();
        var begun = Begin(machine, comparison);
        Took = slice.Time.GetElapsedTime(began);
        if (Interlocked.CompareExchange(ref pending, begun, null) is not null)
        {
            begun.Dispose();
        }

        return true;
    }
}

/// <summary>Ends a digest, beside the machine, which goes on.</summary>
/// <param name="comparison">The entry of the comparison.</param>
/// <param name="pending">The digest.</param>
/// <param name="took">How long its beginning took.</param>
internal sealed class HashJob(EntryId comparison, PendingDigest pending, TimeSpan took) : MachineJob
{
    /// <summary>The entry of the comparison.</summary>
    public EntryId Comparison => comparison;

    /// <summary>The digest.</summary>
    public StateDigest Digest { get; private set; }

    /// <summary>How long it took in all.</summary>
    public TimeSpan Took { get; private set; }

    /// <inheritdoc/>
    public override void Abandon() => pending.Dispose();

    /// <inheritdoc/>
    protected override bool RunPart(IStateMachineHost machine, in MachineSlice slice)
    {
        var began = slice.Time.GetTimestamp();
        Digest = new StateDigest(machine.Program, pending.Finish());
        Took = took + slice.Time.GetElapsedTime(began);
        return true;
    }
}

/// <summary>Replaces the whole state by a snapshot's.</summary>
/// <param name="replica">The replica, for messages.</param>
/// <param name="snapshot">Which snapshot.</param>
/// <param name="state">Its bytes; disposed with the job.</param>
internal sealed class RestoreJob(ReplicaKey replica, SnapshotDescriptor snapshot, SnapshotStream state) : MachineJob
{
    /// <summary>Which snapshot.</summary>
    public SnapshotDescriptor Snapshot { get; } = snapshot;

    /// <inheritdoc/>
    public override bool MayWait => state.Memory is null;

    /// <summary>
    /// A state machine that is not exactly at its snapshot would lose entries or apply them twice (lni/dragonboat#156), so it is refused.
    /// </summary>
    /// <param name="machine">The state machine.</param>
    /// <param name="replica">The replica, for messages.</param>
    /// <param name="snapshot">Which snapshot.</param>
    /// <param name="state">Its bytes; disposed.</param>
    /// <param name="waits">Told when the store is waited for, and when the machine's code goes on.</param>
    /// <exception cref="CorruptDataException">The snapshot is damaged, or the state machine did not take it whole.</exception>
    /// <exception cref="MachineException">The state machine threw.</exception>
    public static void Restore(
        IStateMachineHost machine, ReplicaKey replica, SnapshotDescriptor snapshot, SnapshotStream state, Action<bool>? waits = null)
    {
        using (state)
        {
            if (state.Memory is { } bytes)
            {
                RequireMatch(replica, snapshot, Crc32C.Compute(bytes.Span));
                machine.Restore(bytes);
            }
            else
            {
                state.Waits = waits;
                Read(machine, replica, snapshot, state);
            }
        }

        if (machine.Version != snapshot.MachineVersion)
        {
            throw new CorruptDataException(
                $"The state machine of {replica} is at version {machine.Version} after it was restored from a snapshot of version "
                + $"{snapshot.MachineVersion}. The snapshot is damaged; replace the replica as a member.");
        }

        if (machine.AppliedEntry != snapshot.LastIncluded)
        {
            throw new CorruptDataException(
                $"The state machine of {replica} is at {machine.AppliedEntry} after it was restored from a snapshot of {snapshot.LastIncluded}. "
                + "The snapshot is damaged or the state machine is wrong; replace the replica as a member, or run the program that wrote the "
                + "snapshot.");
        }
    }

    /// <summary>Also while it is being restored, on another thread: its next read throws.</summary>
    public override void Abandon() => state.Dispose();

    /// <inheritdoc/>
    protected override bool RunPart(IStateMachineHost machine, in MachineSlice slice)
    {
        Restore(machine, replica, Snapshot, state, slice.Waits);
        return true;
    }

    /// <summary>What the machine made of bytes that turn out to be damaged is not its fault, and is not used.</summary>
    private static void Read(IStateMachineHost machine, ReplicaKey replica, SnapshotDescriptor snapshot, SnapshotStream state)
    {
        Exception? thrown = null;
        try
        {
            machine.Restore(state);
        }
        catch (Exception exception)
        {
            thrown = exception;
        }

        if (state.Failure is null)
        {
            RequireMatch(replica, snapshot, state.Drain());
        }

        if ((state.Failure ?? thrown) is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private static void RequireMatch(ReplicaKey replica, SnapshotDescriptor snapshot, uint found)
    {
        if (snapshot.Checksum is { } checksum && checksum != found)
        {
            throw new CorruptDataException(
                $"The snapshot of {replica} through {snapshot.LastIncluded} does not match its checksum. "
                + "It is damaged; replace the replica as a member.");
        }
    }
}
