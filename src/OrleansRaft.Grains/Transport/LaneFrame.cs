using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Transport;

/// <summary>Something on its way to another silo.</summary>
internal abstract record LaneFrame
{
    /// <summary>About how many bytes each frame takes besides what it carries.</summary>
    protected const int OverheadBytes = 128;

    /// <summary>About how many bytes it takes.</summary>
    public abstract long SizeBytes { get; }

    /// <summary>Whether it carries much; everything else goes before it, so that bulk cannot delay it.</summary>
    public abstract bool IsBulk { get; }

    /// <summary>
    /// Whether it can wait: it does not make an idle lane send a batch of its own, but goes with the next one, or a little later.
    /// </summary>
    public virtual bool CanWait => false;

    /// <summary>Whether its receiver knows all that it says: of what can wait it waits longest, until the lane's next tick.</summary>
    public virtual bool IsRepetition => false;

    /// <summary>Writes its binary form, see <see cref="LaneBatchCodec"/>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="scratch">A buffer that is used again and again.</param>
    public abstract void WriteTo(WireWriter writer, ArrayBufferWriter<byte> scratch);

    /// <summary>It is lost, or may be.</summary>
    public abstract void OnLost();

    /// <summary>It arrived, but whom it was for is not there.</summary>
    public virtual void OnTargetMissing(SiloAddress silo)
    {
    }

    /// <summary>What is sent in its place after its batch was not acknowledged, if anything.</summary>
    public virtual LaneFrame? AfterLoss => null;

    /// <summary>What is sent in its place when its receiver says that it cannot read or take it, if anything.</summary>
    public virtual LaneFrame? AfterRejection => null;

    /// <summary>Writes a number and bytes as the body of a frame.</summary>
    protected static void WriteBody(WireWriter writer, LaneFrameKind kind, long number, ReadOnlyMemory<byte> bytes, ArrayBufferWriter<byte> scratch)
    {
        scratch.ResetWrittenCount();
        new WireWriter(scratch).WriteVarint(number);
        writer.WriteByte((byte)kind);
        writer.WriteVarint(scratch.WrittenCount + bytes.Length);
        writer.WriteRaw(scratch.WrittenSpan);
        writer.WriteRaw(bytes.Span);
    }
}

/// <summary>A message on its way to a replica on another silo.</summary>
/// <param name="Sender">The replica that says it.</param>
/// <param name="To">The receiver.</param>
/// <param name="Epoch">The sender's epoch when it said it.</param>
/// <param name="Message">What it says.</param>
/// <param name="IsNotice">Whether it can wait, see <see cref="LaneFrame.CanWait"/>.</param>
internal sealed record MessageFrame(ILaneSender Sender, ReplicaSlot To, long Epoch, Message Message, bool IsNotice = false) : LaneFrame
{
    /// <inheritdoc/>
    public override bool CanWait => IsNotice;

    /// <inheritdoc/>
    public override bool IsRepetition => IsNotice && Message is AppendEntriesResponse;

    /// <inheritdoc/>
    public override long SizeBytes => OverheadBytes + Message switch
    {
        AppendEntries append => append.Block.SizeBytes,
        InstallSnapshot install => install.Data.Length,
        _ => 0,
    };

    /// <inheritdoc/>
    public override bool IsBulk => Message is AppendEntries { Block.Count: > 0 } or InstallSnapshot;

    /// <inheritdoc/>
    public override void WriteTo(WireWriter writer, ArrayBufferWriter<byte> scratch)
    {
        // Nothing is written before all of it is known to have a binary form.
        scratch.ResetWrittenCount();
        var body = new WireWriter(scratch);
        body.WriteString(To.Group.Name);
        body.WriteVarint(Sender.Key.Replica.Value);
        body.WriteVarint(To.Replica.Value);
        body.WriteVarint(Epoch);
        MessageCodec.Encode(Message, scratch);
        writer.WriteByte((byte)LaneFrameKind.Message);
        writer.WriteBytes(scratch.WrittenSpan);
    }

    /// <summary>
    /// Whether a leader must hear that such a message was lost: it waits for an answer, or does not expect one before the group is active again.
    /// </summary>
    public static bool IsMissed(Message message) => message is AppendEntries or InstallSnapshot or Quiesce;

    /// <summary>Replication to the receiver falls back to probing, and the group may quiesce without it.</summary>
    public override void OnLost()
    {
        if (IsMissed(Message))
        {
            Sender.OnLost(To.Replica);
        }
    }

    /// <inheritdoc/>
    public override void OnTargetMissing(SiloAddress silo)
    {
        To.Forget(silo);
        OnLost();
    }
}

/// <summary>Commands or queries on their way to a replica on another silo.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Call">Who waits for the replies.</param>
/// <param name="Request">What is asked, see <c>RequestCodec</c>.</param>
internal sealed record RequestFrame(LaneFrameKind Kind, LaneCall Call, ReadOnlyMemory<byte> Request) : LaneFrame
{
    /// <inheritdoc/>
    public override long SizeBytes => OverheadBytes + Request.Length;

    /// <inheritdoc/>
    public override bool IsBulk => Request.Length > LaneLimits.SmallBytesMax;

    /// <inheritdoc/>
    public override void WriteTo(WireWriter writer, ArrayBufferWriter<byte> scratch) => WriteBody(writer, Kind, Call.Number, Request, scratch);

    /// <summary>Nobody knows whether it arrived.</summary>
    public override void OnLost() => Call.Fail();
}

/// <summary>Replies on their way to the silo that asked.</summary>
/// <param name="Number">The number of the call.</param>
/// <param name="Replies">The replies, see <c>RequestCodec</c>; empty when the replica is not here.</param>
internal sealed record ReplyFrame(long Number, ReadOnlyMemory<byte> Replies) : LaneFrame
{
    /// <inheritdoc/>
    public override long SizeBytes => OverheadBytes + Replies.Length;

    /// <inheritdoc/>
    public override bool IsBulk => Replies.Length > LaneLimits.SmallBytesMax;

    /// <inheritdoc/>
    public override void WriteTo(WireWriter writer, ArrayBufferWriter<byte> scratch) =>
        WriteBody(writer, LaneFrameKind.Replies, Number, Replies, scratch);

    /// <summary>Once more, where it was merely lost: whoever asked would wait until its time for one attempt is over.</summary>
    public override LaneFrame? AfterLoss => IsRepeated ? null : this with { IsRepeated = true };

    /// <inheritdoc/>
    public override LaneFrame? AfterRejection => new LostRepliesFrame(Number);

    private bool IsRepeated { get; init; }

    /// <summary>Whoever asked asks again when its time for one attempt is over.</summary>
    public override void OnLost()
    {
    }
}

/// <summary>Tells the silo that asked that there were replies, which it could not read.</summary>
/// <param name="Number">The number of the call.</param>
internal sealed record LostRepliesFrame(long Number) : LaneFrame
{
    /// <inheritdoc/>
    public override long SizeBytes => OverheadBytes;

    /// <inheritdoc/>
    public override bool IsBulk => false;

    /// <inheritdoc/>
    public override void WriteTo(WireWriter writer, ArrayBufferWriter<byte> scratch) =>
        WriteBody(writer, LaneFrameKind.LostReplies, Number, default, scratch);

    /// <summary>Whoever asked asks again when its time for one attempt is over.</summary>
    public override void OnLost()
    {
    }
}

/// <summary>Tells a silo what became of a batch that was a one-way call. It is itself not missed: what is not acknowledged counts as lost.</summary>
/// <param name="Session">The batch's session, see <see cref="LaneHead"/>.</param>
/// <param name="Number">Its number.</param>
/// <param name="Answer">Which of its frames were not delivered, see <see cref="LaneBatchCodec"/>.</param>
internal sealed record AcknowledgementFrame(long Session, long Number, ReadOnlyMemory<byte> Answer) : LaneFrame
{
    /// <inheritdoc/>
    public override long SizeBytes => OverheadBytes + Answer.Length;

    /// <inheritdoc/>
    public override bool IsBulk => false;

    /// <inheritdoc/>
    public override void WriteTo(WireWriter writer, ArrayBufferWriter<byte> scratch)
    {
        scratch.ResetWrittenCount();
        var body = new WireWriter(scratch);
        body.WriteVarint(Session);
        body.WriteVarint(Number);
        body.WriteRaw(Answer.Span);
        writer.WriteByte((byte)LaneFrameKind.Acknowledgement);
        writer.WriteBytes(scratch.WrittenSpan);
    }

    /// <summary>Then the batch counts as lost.</summary>
    public override void OnLost()
    {
    }
}

/// <summary>What a frame carries. Part of the binary form.</summary>
internal enum LaneFrameKind : byte
{
    /// <summary>A message between replicas.</summary>
    Message = 1,

    /// <summary>Commands to a replica.</summary>
    Commands = 2,

    /// <summary>Queries to a replica.</summary>
    Queries = 3,

    /// <summary>The replies to commands or queries.</summary>
    Replies = 4,

    /// <summary>There were replies, which could not be delivered.</summary>
    LostReplies = 5,

    /// <summary>What became of a batch.</summary>
    Acknowledgement = 6,
}

/// <summary>Who says something on a lane.</summary>
internal interface ILaneSender
{
    /// <summary>Which replica.</summary>
    ReplicaKey Key { get; }

    /// <summary>Entries, a part of a snapshot, a heartbeat or the word to quiesce were lost on their way to a member. Any thread.</summary>
    void OnLost(ReplicaId to);
}
