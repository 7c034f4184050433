using System.Buffers;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>How a call that was applied, or a read that was served, ended.</summary>
internal enum GrainAnswerKind
{
    /// <summary>The method returned; the body is its result, or empty.</summary>
    Returned = 0,

    /// <summary>The method threw; the body is as <see cref="ThrownExceptions"/> writes it.</summary>
    Threw = 1,

    /// <summary>The call was refused, and changed nothing; the body is the reason (a byte) and a sentence.</summary>
    Refused = 2,
}

/// <summary>The answer to a call. Nothing in it hangs on the replica that made it.</summary>
[GenerateSerializer, Alias("raft-grain-answer")]
internal sealed class GrainAnswer
{
    /// <summary>How it ended.</summary>
    [Id(0)]
    public GrainAnswerKind Kind { get; init; }

    /// <summary>The result, or what stands in its place.</summary>
    [Id(1)]
    public byte[] Body { get; init; } = [];

    /// <summary>A call that was refused.</summary>
    public static GrainAnswer Refused(RejectionReason reason, string sentence)
    {
        var output = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(output);
        writer.WriteByte((byte)reason);
        writer.WriteString(sentence);
        return new GrainAnswer { Kind = GrainAnswerKind.Refused, Body = output.WrittenSpan.ToArray() };
    }

    /// <summary>Reads why a call was refused.</summary>
    public (RejectionReason Reason, string Sentence) ReadRefusal()
    {
        var reader = new WireReader(Body);
        return ((RejectionReason)reader.ReadByte(), reader.ReadString());
    }
}

/// <summary>The binary form of answers: a byte and the body.</summary>
internal sealed class GrainAnswerCodec : ICommandCodec<GrainAnswer>
{
    /// <inheritdoc/>
    public void Write(GrainAnswer value, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteByte((byte)value.Kind);
        writer.WriteRaw(value.Body);
    }

    /// <inheritdoc/>
    public GrainAnswer Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var kind = reader.ReadByte();
        return kind <= (byte)GrainAnswerKind.Refused
            ? new GrainAnswer { Kind = (GrainAnswerKind)kind, Body = reader.ReadRest().ToArray() }
            : throw new CorruptDataException($"an answer begins with {kind}, which this program does not know");
    }
}
