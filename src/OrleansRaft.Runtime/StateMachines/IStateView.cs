using System.Buffers;

namespace OrleansRaft;

/// <summary>
/// The state of a state machine at one moment, which stays as it is while the machine applies further commands. Taken on the machine's thread in a
/// short time, written later, elsewhere, into a snapshot.
/// </summary>
/// <remarks>
/// <para>
/// A view shares with its machine only what neither changes: immutable values, persistent collections, blocks that the machine copies before it
/// writes to them. It asks nothing of the machine, which may have been restored from another state, or disposed, before the view is written.
/// </para>
/// <para>Disposed once, by whoever has it last and on any thread, whether it was written or not.</para>
/// </remarks>
public interface IStateView : IDisposable
{
    /// <summary>
    /// Writes the whole state. Called at most once, on any one thread, while the machine goes on. Equal states write equal bytes, whatever their
    /// history.
    /// </summary>
    /// <param name="output">
    /// Takes the bytes, chunk by chunk: a call may block until a store has taken the chunk before it, and throws when nobody wants the rest; let that
    /// pass. What is asked for contiguously, by a size hint, is at most 64 MiB; <c>BuffersExtensions.Write</c> needs no more than there is.
    /// </param>
    /// <remarks>
    /// An exception of its own means that the state cannot be told: nothing of the snapshot is kept, and the replica halts, as when
    /// <see cref="IStateMachine{TCommand,TResult}.Capture"/> throws.
    /// </remarks>
    void Write(IBufferWriter<byte> output);
}
