using System.Buffers;
using System.Runtime.InteropServices;

namespace OrleansRaft;

/// <summary>
/// A state machine whose state may be large: a snapshot of it begins with a view, which costs next to nothing, and is written in chunks while the
/// machine goes on; it is restored from a stream, as the chunks are read.
/// </summary>
/// <typeparam name="TCommand">Commands and queries.</typeparam>
/// <typeparam name="TResult">Answers to both.</typeparam>
/// <remarks>
/// The methods of <see cref="IStateMachine{TCommand,TResult}"/> that have the whole state in memory need not be implemented: by default they use
/// these. The bytes may be the same as before, so that a machine can turn to views without losing what it has stored.
/// </remarks>
public interface IViewStateMachine<TCommand, TResult> : IStateMachine<TCommand, TResult>
{
    /// <summary>
    /// The state as it is now. Called by the thread that applies commands, which waits for it: the time it takes must not grow with the state.
    /// </summary>
    /// <returns>A view that nothing which happens to the machine afterwards changes; its receiver disposes it.</returns>
    IStateView TakeView();

    /// <summary>Replaces the whole state by what <see cref="IStateView.Write"/> wrote; by the initial state when there is nothing to read.</summary>
    /// <param name="snapshot">
    /// The bytes, to be read forward to their end; it can neither seek nor tell its length. A read may block until the store has the next chunk, and
    /// throws when what is stored is damaged; let that pass. Not to be used after the call.
    /// </param>
    /// <remarks>When it throws, the state is nobody's: it is restored anew before anything else is asked of the machine.</remarks>
    void Restore(Stream snapshot);

#pragma warning disable CA1033 // They are defaults: whoever implements the interface may have its own.
    /// <inheritdoc/>
    void IStateMachine<TCommand, TResult>.Capture(IBufferWriter<byte> output)
    {
        using var view = TakeView();
        view.Write(output);
    }

    /// <inheritdoc/>
    void IStateMachine<TCommand, TResult>.Restore(ReadOnlyMemory<byte> snapshot)
    {
        using var stream = MemoryMarshal.TryGetArray(snapshot, out var bytes)
            ? new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
            : new MemoryStream(snapshot.ToArray(), writable: false);
        Restore(stream);
    }
#pragma warning restore CA1033
}
