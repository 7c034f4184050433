using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>Something on its way to another silo.</summary>
internal abstract record LaneFrame
{
    /// <summary>About how many bytes each frame takes besides what it carries.</summary>
    protected const int OverheadBytes = 128;

    /// <summary>About how many bytes it takes.</summary>
    public abstract long SizeBytes { get; }

    /// <summary>Whether it carries much; everything else goes before it, so that bulk cannot delay it.</summary>
    public abstract bool IsBulk { get; }

    /// <summary>Writes its binary form, see <see cref="LaneBatchCodec"/>.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="scratch">A buffer that is used again and again.</param>
    public abstract void WriteTo(WireWriter writer, ArrayBufferWriter<byte> scratch);

    /// <summary>It is lost, or may be.</summary>
    public abstract void Lose();

    /// <summary>It arrived, but whom it was for is not there.</summary>
    public virtual void MissedAt(SiloAddress silo)
    {
    }
}

/// <summary>A message on its way to a replica on another silo.</summary>
/// <param name="Sender">The replica that says it.</param>
/// <param name="To">The receiver.</param>
/// <param name="Epoch">The sender's epoch when it said it.</param>
/// <param name="Message">What it says.</param>
internal sealed record MessageFrame(ILaneSender Sender, ReplicaSlot To, long Epoch, Message Message) : LaneFrame
{
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
        writer.WriteByte((byte)LaneFrameKind.Message);
        writer.WriteString(To.Group.Name);
        writer.WriteVarint(Sender.Key.Replica.Value);
        writer.WriteVarint(To.Replica.Value);
        writer.WriteVarint(Epoch);
        scratch.ResetWrittenCount();
        MessageCodec.Encode(Message, scratch);
        writer.WriteBytes(scratch.WrittenSpan);
    }

    /// <summary>Replication to the receiver falls back to probing.</summary>
    public override void Lose()
    {
        if (IsBulk)
        {
            Sender.OnLost(To.Replica);
        }
    }

    /// <inheritdoc/>
    public override void MissedAt(SiloAddress silo)
    {
        To.Forget(silo);
        Lose();
    }
}

/// <summary>Commands or queries on their way to a replica on another silo.</summary>
/// <param name="Kind">Which of the two.</param>
/// <param name="Call">Who waits for the replies.</param>
/// <param name="Request">What is asked, see <see cref="RequestCodec"/>.</param>
internal sealed record RequestFrame(LaneFrameKind Kind, LaneCall Call, ReadOnlyMemory<byte> Request) : LaneFrame
{
    /// <inheritdoc/>
    public override long SizeBytes => OverheadBytes + Request.Length;

    /// <inheritdoc/>
    public override bool IsBulk => Request.Length > LaneLimits.SmallBytesMax;

    /// <inheritdoc/>
    public override void WriteTo(WireWriter writer, ArrayBufferWriter<byte> scratch)
    {
        writer.WriteByte((byte)Kind);
        writer.WriteVarint(Call.Number);
        writer.WriteBytes(Request.Span);
    }

    /// <summary>Nobody knows whether it arrived.</summary>
    public override void Lose() => Call.Fail();
}

/// <summary>Replies on their way to the silo that asked.</summary>
/// <param name="Number">The number of the call.</param>
/// <param name="Replies">The replies, see <see cref="RequestCodec"/>; empty when the replica is not here.</param>
internal sealed record ReplyFrame(long Number, ReadOnlyMemory<byte> Replies) : LaneFrame
{
    /// <inheritdoc/>
    public override long SizeBytes => OverheadBytes + Replies.Length;

    /// <inheritdoc/>
    public override bool IsBulk => Replies.Length > LaneLimits.SmallBytesMax;

    /// <inheritdoc/>
    public override void WriteTo(WireWriter writer, ArrayBufferWriter<byte> scratch)
    {
        writer.WriteByte((byte)LaneFrameKind.Replies);
        writer.WriteVarint(Number);
        writer.WriteBytes(Replies.Span);
    }

    /// <summary>Whoever asked asks again when its time for one attempt is over.</summary>
    public override void Lose()
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
}

/// <summary>Who says something on a lane.</summary>
internal interface ILaneSender
{
    /// <summary>Which replica.</summary>
    ReplicaKey Key { get; }

    /// <summary>Entries, or a part of a snapshot, were lost on their way to a member. Any thread.</summary>
    void OnLost(ReplicaId to);
}
