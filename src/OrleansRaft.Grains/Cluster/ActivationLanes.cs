using System.Collections.Concurrent;

namespace OrleansRaft.Grains.Cluster;

/// <summary>
/// Bounds how many replicas are brought to life at one time, for each database server and silo on its own: those whose server is away wait for it
/// until they are given up, and those on other servers and silos must not wait behind them. Any thread.
/// </summary>
internal sealed class ActivationLanes
{
    private const int AtOnceMax = 16;

    private readonly ConcurrentDictionary<(long Server, SiloAddress Silo), SemaphoreSlim> lanes = new();

    /// <summary>Runs work when it is its turn.</summary>
    /// <param name="replica">The replica that is brought to life.</param>
    /// <param name="servers">How many database servers there are: replica k logs to server (k - 1) mod n.</param>
    /// <param name="silo">Where it is brought to life.</param>
    /// <param name="work">What to do; must not throw.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task RunAsync(ReplicaId replica, int servers, SiloAddress silo, Func<Task> work, CancellationToken cancellation)
    {
        var lane = lanes.GetOrAdd(((replica.Value - 1) % servers, silo), static _ => new SemaphoreSlim(AtOnceMax));
        await lane.WaitAsync(cancellation);
        try
        {
            await work();
        }
        finally
        {
            lane.Release();
        }
    }

    /// <summary>Forgets silos that are gone.</summary>
    public void Keep(IReadOnlyList<SiloPlace> active)
    {
        foreach (var (key, _) in lanes)
        {
            if (!active.Any(place => place.Address.Equals(key.Silo)))
            {
                lanes.TryRemove(key, out _);
            }
        }
    }
}
