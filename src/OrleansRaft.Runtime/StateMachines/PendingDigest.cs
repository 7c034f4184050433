using System.Security.Cryptography;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>A digest of a state, begun on the thread that runs its state machine; what takes long is done later, while the machine goes on.</summary>
public sealed class PendingDigest
{
    // Less than handing it to another thread costs.
    private const int BytesAtOnce = 64 * 1024;

    private readonly Func<ReadOnlyMemory<byte>>? finish;
    private readonly ReadOnlyMemory<byte> made;

    /// <summary>A digest that is made.</summary>
    /// <param name="hash">Its bytes: 1 to 64.</param>
    public PendingDigest(ReadOnlyMemory<byte> hash) => made = hash;

    /// <summary>A digest that takes a while.</summary>
    /// <param name="finish">Gives its bytes, 1 to 64; called at most once, on any one thread. It asks nothing of the state machine.</param>
    public PendingDigest(Func<ReadOnlyMemory<byte>> finish)
    {
        ArgumentNullException.ThrowIfNull(finish);
        this.finish = finish;
    }

    /// <summary>Whether it is made already.</summary>
    public bool IsMade => finish is null;

    /// <summary>The SHA-256 of a whole captured state.</summary>
    /// <param name="state">The captured bytes, never changed afterwards.</param>
    public static PendingDigest OfCapture(ReadOnlyMemory<byte> state) => state.Length <= BytesAtOnce
        ? new PendingDigest(SHA256.HashData(state.Span))
        : new PendingDigest(() => SHA256.HashData(state.Span));

    /// <summary>Its bytes, made now if they were not.</summary>
    public ReadOnlyMemory<byte> Finish() => finish is null ? made : finish();
}
