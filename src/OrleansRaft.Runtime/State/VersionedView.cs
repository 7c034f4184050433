using System.Buffers;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.State;

/// <summary>A view of a keyed state, behind a byte that says in which version its owner writes it.</summary>
/// <param name="version">The byte.</param>
/// <param name="state">The view; disposed with this one.</param>
internal sealed class VersionedView(byte version, KeyedStateView state) : IStateView
{
    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> output)
    {
        new WireWriter(output).WriteByte(version);
        state.Write(output);
    }

    /// <inheritdoc/>
    public void Dispose() => state.Dispose();
}
