using System.Buffers;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.State;

/// <summary>A view of a keyed state, behind a byte that says in which version its owner writes it.</summary>
/// <param name="version">The byte.</param>
/// <param name="state">The state, of which a view is taken.</param>
internal sealed class VersionedView(byte version, KeyedState state) : IStateView
{
    private readonly KeyedStateView view = state.View();

    /// <inheritdoc/>
    public void Write(IBufferWriter<byte> output)
    {
        new WireWriter(output).WriteByte(version);
        view.Write(output);
    }

    /// <inheritdoc/>
    public void Dispose() => view.Dispose();
}
