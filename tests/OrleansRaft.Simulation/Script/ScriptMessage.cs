using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Simulation.Script;

/// <summary>Something on its way: a message of Raft, or a proposal that a follower hands on.</summary>
internal sealed record ScriptMessage(ReplicaId From, ReplicaId To, Message? Message, ScriptProposal? Proposal)
{
    /// <summary>What arrives is what was written, not the sender's own object.</summary>
    public static Message Copy(Message message)
    {
        var output = new ArrayBufferWriter<byte>();
        MessageCodec.Encode(message, output);
        return MessageCodec.Decode(output.WrittenMemory);
    }
}
