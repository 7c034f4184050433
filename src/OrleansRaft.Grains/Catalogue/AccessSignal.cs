namespace OrleansRaft.Grains.Catalogue;

/// <summary>
/// The latest revision of keys and limits that this silo has heard of: from a replica of the catalogue that lives here and applied it, or from the
/// silo of another one. Whoever keeps a copy need not ask again and again, and a catalogue that nobody changes falls asleep. Any thread.
/// </summary>
internal sealed class AccessSignal
{
    private readonly Lock gate = new();
    private long applied = -1;
    private long heard = -1;
    private TaskCompletionSource changed = NewSource();

    /// <summary>A replica of this silo has applied a change, or restored a state with it.</summary>
    /// <param name="revision">The change's revision.</param>
    public void Apply(long revision) => Advance(revision, isApplied: true);

    /// <summary>Another silo says that there is a change.</summary>
    /// <param name="revision">Its revision.</param>
    public void Hear(long revision) => Advance(revision, isApplied: false);

    /// <summary>Waits until a later revision than one is heard of, or for a while.</summary>
    /// <param name="known">The revision that is known.</param>
    /// <param name="atMost">For how long.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Whether there is a later one.</returns>
    public Task<bool> WaitHeardAsync(long known, TimeSpan atMost, TimeProvider time, CancellationToken cancellation) =>
        WaitAsync(() => heard > known, atMost, time, cancellation);

    /// <summary>Waits until a replica of this silo has applied a later revision than one.</summary>
    /// <returns>The latest.</returns>
    public async Task<long> WaitAppliedAsync(long known, TimeProvider time, CancellationToken cancellation)
    {
        await WaitAsync(() => applied > known, Timeout.InfiniteTimeSpan, time, cancellation);
        lock (gate)
        {
            return applied;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Advance(long revision, bool isApplied)
    {
        TaskCompletionSource told;
        lock (gate)
        {
            if (revision <= (isApplied ? applied : heard))
            {
                return;
            }

            applied = isApplied ? revision : applied;
            heard = Math.Max(heard, revision);
            (told, changed) = (changed, NewSource());
        }

        told.SetResult();
    }

    private async Task<bool> WaitAsync(Func<bool> holds, TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (holds())
                {
                    return true;
                }

                next = changed.Task;
            }

            try
            {
                await next.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return false;
            }
        }
    }
}
