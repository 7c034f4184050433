using System.Buffers;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>A view of a state that is in memory as a whole: what a small state is captured to.</summary>
/// <param name="bytes">The state; it must not change afterwards.</param>
internal sealed class CapturedState(ReadOnlyMemory<byte> bytes) : IStateView
{
    /// <summary>The state.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> output) => output.Write(Bytes.Span);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
