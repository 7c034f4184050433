using Microsoft.Extensions.Logging;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>Tells the other silos when a replica of the catalogue that lives here has applied a change of keys or limits.</summary>
/// <remarks>
/// The silo of every replica tells, so that a revoked key is worth nothing soon wherever anybody is reached who knows of it. Who cannot be told is
/// told again each second for as long as it belongs to the cluster.
/// </remarks>
internal sealed class AccessAnnouncer(
    AccessSignal signal,
    ClusterMembership silos,
    SiloClient<ICatalogueService> client,
    ILocalSiloDetails self,
    TimeProvider time,
    ILogger<AccessAnnouncer> logger)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Tells until it is stopped.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var told = -1L;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var latest = await signal.WaitAppliedAsync(told, time, stopping);
                if (await TellAllAsync(latest, stopping))
                {
                    told = latest;
                }
                else
                {
                    await Task.Delay(Pause, time, stopping);
                }
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                // A call that was under way may end with any failure when the silo stops.
                return;
            }
        }
    }

    private async Task<bool> TellAllAsync(long revision, CancellationToken stopping)
    {
        var others = silos.Active.Where(silo => !silo.Address.Equals(self.SiloAddress)).ToList();
        var answers = await Task.WhenAll(others.Select(silo => TellAsync(silo.Address, revision, stopping)));
        return answers.All(static isTold => isTold);
    }

    private async Task<bool> TellAsync(SiloAddress silo, long revision, CancellationToken stopping)
    {
        try
        {
            await client.Reach(silo).AccessChangedAsync(revision).WaitAsync(AnswerTimeout, time, stopping);
            return true;
        }
        catch (Exception failure) when (!stopping.IsCancellationRequested)
        {
            Log.SiloSilent(logger, failure, silo);
            return false;
        }
    }
}
