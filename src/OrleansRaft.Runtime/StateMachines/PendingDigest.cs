using System.Security.Cryptography;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>A digest of a state, begun on the thread that runs its state machine; what takes long is done later, while the machine goes on.</summary>
/// <remarks>Finished or disposed, once and on any thread.</remarks>
internal sealed class PendingDigest : IDisposable
{
    // Less than handing it to another thread costs.
    private const int BytesAtOnce = 64 * 1024;

    private readonly ReadOnlyMemory<byte> made;
    private IStateView? view;

    /// <summary>A digest that is made.</summary>
    /// <param name="hash">Its bytes: 1 to 64.</param>
    public PendingDigest(ReadOnlyMemory<byte> hash) => (made, IsMade) = (hash, true);

    /// <summary>The SHA-256 of what a view writes, which is disposed afterwards.</summary>
    /// <param name="view">The view.</param>
    public PendingDigest(IStateView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        this.view = view;
        if (view is CapturedState { Bytes: { Length: <= BytesAtOnce } state })
        {
            (made, IsMade) = (SHA256.HashData(state.Span), true);
            Dispose();
        }
    }

    /// <summary>Whether it is made already.</summary>
    public bool IsMade { get; }

    /// <summary>Its bytes, made now if they were not.</summary>
    /// <exception cref="MachineException">The view threw.</exception>
    /// <exception cref="ObjectDisposedException">It was finished or disposed before.</exception>
    public ReadOnlyMemory<byte> Finish()
    {
        if (IsMade)
        {
            return made;
        }

        var mine = Interlocked.Exchange(ref view, null);
        ObjectDisposedException.ThrowIf(mine is null, this);
        try
        {
            if (mine is CapturedState captured)
            {
                return SHA256.HashData(captured.Bytes.Span);
            }

            using var writer = new HashingWriter();
            mine.Write(writer);
            return writer.Finish();
        }
        catch (Exception exception)
        {
            throw new MachineException(nameof(mine.Write), exception);
        }
        finally
        {
            ViewWriter.Release(mine);
        }
    }

    /// <summary>Nobody wants it.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref view, null) is { } unwanted)
        {
            ViewWriter.Release(unwanted);
        }
    }
}
