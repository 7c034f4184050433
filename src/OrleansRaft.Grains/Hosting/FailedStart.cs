namespace OrleansRaft.Grains.Hosting;

/// <summary>Stops what a silo had started when it was refused, as soon as its host is disposed.</summary>
/// <remarks>
/// A host that fails to start is disposed without having been stopped. Orleans' grain directories would then read from membership streams that have
/// ended, again and again, each on a core of its own, for as long as the process lives. In a process that ends this makes no difference.
/// </remarks>
internal sealed class FailedStart : ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable, IDisposable
{
    private ISiloLifecycle? life;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle) => life = lifecycle;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (life is ILifecycleObserver subject && life is { HighestCompletedStage: not int.MinValue, LowestStoppedStage: int.MaxValue })
        {
            await subject.OnStop(new CancellationToken(canceled: true));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
