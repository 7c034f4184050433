using System.Buffers;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>
/// Refuses what a machine without views should not capture: all of it would be in memory at once, and its group would wait for it.
/// </summary>
internal sealed class LimitedCapture(ArrayBufferWriter<byte> output, long bytesMax) : IBufferWriter<byte>
{
    public void Advance(int count)
    {
        Require(count);
        output.Advance(count);
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Require(sizeHint);
        return output.GetMemory(sizeHint);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Require(sizeHint);
        return output.GetSpan(sizeHint);
    }

    private void Require(int more)
    {
        if (output.WrittenCount + (long)more > bytesMax)
        {
            throw new InvalidOperationException(
                $"the state has more than the {bytesMax} bytes ({RaftOptions.SectionName}:{nameof(RaftOptions.CaptureBytesMax)}) "
                + $"that are captured in one piece; implement {nameof(IViewStateMachine<,>)}, whose snapshots are written as a stream, "
                + "or raise the option");
        }
    }
}
