using System.Buffers;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>Room in which something is written before its length is known. One thread at a time.</summary>
internal sealed class Scratch
{
    // What one large state needed is not kept for all that follow.
    private const int KeptBytesMax = 64 * 1024;

    private ArrayBufferWriter<byte> output = new(256);

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
}
