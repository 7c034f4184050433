namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// Whether one activation may speak: it was made the speaker of its replica, nobody took the replica over, and its silo's lease is valid.
/// </summary>
/// <param name="lease">The silo's lease on the store; null where one process holds the store alone.</param>
public sealed class RightToSpeak(SiloLease? lease)
{
    private readonly TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool isSpeaker;
    private volatile bool hasEnded;

    /// <summary>Whether it holds at this moment.</summary>
    public bool IsHeld => isSpeaker && !hasEnded && lease is not { IsValid: false };

    /// <summary>Whether the store names this activation as the speaker, so that it is the one to release the right.</summary>
    public bool IsSpeaker => isSpeaker;

    /// <summary>The store names this activation as the speaker from now on.</summary>
    public void Grant()
    {
        isSpeaker = true;
        Refresh();
    }

    /// <summary>The lease may have changed.</summary>
    public void Refresh()
    {
        if (IsHeld)
        {
            first.TrySetResult();
        }
    }

    /// <summary>The right has ended for good.</summary>
    /// <param name="cause">What those are told who still wait for it.</param>
    public void End(Exception cause)
    {
        hasEnded = true;
        if (first.TrySetException(cause))
        {
            _ = first.Task.Exception;
        }
    }

    /// <summary>Completes when the right is held for the first time.</summary>
    /// <exception cref="StoreRefusedException">It ended before.</exception>
    public Task WaitAsync(CancellationToken cancellation) => first.Task.WaitAsync(cancellation);
}
