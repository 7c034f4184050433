using Microsoft.Extensions.Logging;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime.Liveness;

namespace OrleansRaft.Grains.Liveness;

/// <summary>
/// Runs the silo's <see cref="LivenessMonitor{TSilo}"/>: sends its heartbeats in time, and carries what it says to the other silos.
/// </summary>
internal sealed class LivenessHost : ILivenessHost<SiloAddress>, IDisposable
{
    // When everything has been quiescent for as long, memory may be given back.
    private static readonly TimeSpan TrimInterval = TimeSpan.FromSeconds(30);

    private readonly ClusterMembership silos;
    private readonly MemoryTrim memory;
    private readonly HeapPace heap;
    private readonly SiloClient<ILivenessService> client;
    private readonly LivenessMetrics metrics;
    private readonly SiloAddress self;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly PeriodicTimer timer;
    private readonly CancellationTokenSource stopping = new();
    private Task loop = Task.CompletedTask;

    public LivenessHost(
        SiloLivenessTable<SiloAddress> liveness,
        LivenessDirectory directory,
        ClusterMembership silos,
        MemoryTrim memory,
        HeapPace heap,
        SiloClient<ILivenessService> client,
        LivenessMetrics metrics,
        ILocalSiloDetails self,
        TimeProvider time,
        ILogger<LivenessHost> logger)
    {
        this.silos = silos;
        this.memory = memory;
        this.heap = heap;
        this.client = client;
        this.metrics = metrics;
        this.self = self.SiloAddress;
        this.time = time;
        this.logger = logger;
        timer = new PeriodicTimer(liveness.HeartbeatInterval, time);
        Monitor = new LivenessMonitor<SiloAddress>(liveness, directory, this, time);
    }

    /// <summary>The monitor of this silo.</summary>
    public LivenessMonitor<SiloAddress> Monitor { get; }

    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Peers => silos.Active.Select(static place => place.Address).Where(silo => !silo.Equals(self));

    /// <summary>Begins to beat.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Beats no more.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await loop;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        timer.Dispose();
        stopping.Dispose();
    }

    /// <inheritdoc/>
    public void SendHeartbeat(SiloAddress target, SiloHeartbeat heartbeat) => SendHeartbeatAsync(target, heartbeat).Ignore();

    /// <inheritdoc/>
    public void SendClaims(SiloAddress target, long number, IReadOnlyList<QuiescenceClaim> claims) => CompareAsync(target, number, claims).Ignore();

    /// <inheritdoc/>
    public void SetHeartbeatInterval(TimeSpan interval)
    {
        if (!stopping.IsCancellationRequested)
        {
            timer.Period = interval;
        }
    }

    private async Task RunAsync()
    {
        var trimmed = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                Monitor.Beat();
                heap.Consider();
                if (time.GetElapsedTime(trimmed) > TrimInterval)
                {
                    trimmed = time.GetTimestamp();
                    memory.Consider();
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task SendHeartbeatAsync(SiloAddress target, SiloHeartbeat heartbeat)
    {
        try
        {
            var service = client.Reach(target);
            metrics.HeartbeatSent();
            await service.HeartbeatAsync(self, heartbeat);
        }
        catch (Exception exception)
        {
            // Whether a heartbeat arrived is the other silo's to judge.
            Log.HeartbeatLost(logger, exception, target);
        }
    }

    private async Task CompareAsync(SiloAddress target, long number, IReadOnlyList<QuiescenceClaim> claims)
    {
        try
        {
            Monitor.OnCompared(target, number, await client.Reach(target).CompareQuiescenceAsync([.. claims]));
        }
        catch (Exception exception)
        {
            Log.ComparisonFailed(logger, exception, target);
            Monitor.OnComparisonFailed(target, number);
        }
    }
}
