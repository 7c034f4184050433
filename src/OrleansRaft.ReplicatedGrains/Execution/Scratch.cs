using System.Buffers;
using Orleans.Serialization.Session;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>
/// Room in which something is written before its length is known, and what Orleans' serializer keeps meanwhile. One thread at a time.
/// </summary>
/// <param name="sessions">Where the serializer's memory comes from.</param>
internal sealed class Scratch(SerializerSessionPool sessions)
{
    // What one large state needed is not kept for all that follow.
    private const int KeptBytesMax = 64 * 1024;

    private ArrayBufferWriter<byte> output = new(256);
    private SerializerSession? session;

    /// <summary>The room, empty: what was written before is no longer there.</summary>
    public ArrayBufferWriter<byte> Clear()
    {
        if (output.Capacity > KeptBytesMax)
        {
            output = new ArrayBufferWriter<byte>(256);
        }

        output.ResetWrittenCount();
        return output;
    }

    /// <summary>What the serializer keeps of one value that it writes or reads: empty, whatever was written or read before.</summary>
    public SerializerSession Begin()
    {
        if (session is null)
        {
            return session = sessions.GetSession();
        }

        session.Reset();
        return session;
    }

    /// <summary>Nothing is written or read for now.</summary>
    public void End()
    {
        session?.Dispose();
        session = null;
    }
}
