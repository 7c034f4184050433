using System.Buffers;
using OrleansRaft.Runtime.State;

namespace OrleansRaft;

/// <summary>A <see cref="KeyedState"/> as it was at one moment. Any thread may read it, several at once, while the state is written.</summary>
/// <remarks>Spans and entries that it gave are not to be read once it is disposed.</remarks>
public sealed class KeyedStateView : IStateView
{
    private readonly Lock gate = new();
    private readonly ViewEpochs epochs;
    private readonly long epoch;
    private StateNode? root;
    private int writers;
    private bool isDisposed;
    private bool isEnded;

    internal KeyedStateView(StateNode? root, long count, long bytes, UInt128 digest, ViewEpochs epochs)
    {
        this.root = root;
        this.epochs = epochs;
        epoch = epochs.Begin();
        (Count, Bytes, Digest) = (count, bytes, digest);
    }

    /// <summary>How many entries there are.</summary>
    public long Count { get; }

    /// <summary>How many bytes the keys and values have together.</summary>
    public long Bytes { get; }

    /// <summary>See <see cref="KeyedState.Digest"/>.</summary>
    public UInt128 Digest { get; }

    /// <summary>Looks a key up.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value; empty when there is none.</param>
    /// <returns>Whether it is there.</returns>
    /// <exception cref="ObjectDisposedException">The view is disposed.</exception>
    public bool TryGet(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value) => KeyedState.TryGet(Root(), key, out value);

    /// <summary>All entries, in order.</summary>
    /// <exception cref="ObjectDisposedException">The view is disposed.</exception>
    public KeyedEntries Entries() => new(Root(), default, default, null);

    /// <summary>The entries whose keys begin with a prefix, in order.</summary>
    /// <param name="prefix">The prefix.</param>
    /// <exception cref="ObjectDisposedException">The view is disposed.</exception>
    public KeyedEntries EntriesWith(ReadOnlySpan<byte> prefix) => new(Root(), prefix, prefix, null);

    /// <summary>
    /// Writes everything, in order, in pieces of at most a key or a value. Equal contents write equal bytes. What it wrote,
    /// <see cref="KeyedState.Restore(Stream)"/> reads.
    /// </summary>
    /// <param name="output">Where to.</param>
    /// <exception cref="ObjectDisposedException">The view is disposed.</exception>
    public void Write(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Read(entries => KeyedStateForm.Write(entries, Count, Digest, output));
    }

    /// <summary>Reads all entries, in order. A view that is disposed meanwhile ends when that is done.</summary>
    /// <param name="read">Reads them.</param>
    /// <exception cref="ObjectDisposedException">The view is disposed.</exception>
    internal void Read(ReadEntries read)
    {
        StateNode? shown;
        lock (gate)
        {
            shown = Root();
            writers++;
        }

        try
        {
            read(new KeyedEntries(shown, default, default, null));
        }
        finally
        {
            lock (gate)
            {
                writers--;
                EndIfUnused();
            }
        }
    }

    /// <summary>Ends the view; what it alone holds is let go. While it is being written, that waits until it is.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            isDisposed = true;
            EndIfUnused();
        }
    }

    /// <summary>Reads entries of a view.</summary>
    /// <param name="entries">The entries.</param>
    internal delegate void ReadEntries(KeyedEntries entries);

    private StateNode? Root()
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        return root;
    }

    private void EndIfUnused()
    {
        if (isDisposed && writers == 0 && !isEnded)
        {
            isEnded = true;
            root = null;
            epochs.End(epoch);
        }
    }
}
