using Microsoft.Extensions.Options;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>Ticks all replicas of a silo that are awake, from one timer.</summary>
/// <remarks>
/// A grain timer for each replica would do, but each of its ticks is a message: 10,000 replicas at 100 ms cost half a core and much garbage that way,
/// and a twentieth of a core this way. A replica takes its tick on its own turn, and several that it could not take count as one.
/// </remarks>
internal sealed class ReplicaTicker(GroupTable groups, IOptions<RaftOptions> options, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private Task loop = Task.CompletedTask;

    /// <summary>Begins to tick.</summary>
    public void Start() => loop = Task.Run(RunAsync);

    /// <summary>Ticks no more.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await loop;
    }

    /// <inheritdoc/>
    public void Dispose() => stopping.Dispose();

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(options.Value.TickInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                foreach (var replica in groups.Hosted)
                {
                    if (replica is { IsRunning: true, IsAsleep: false })
                    {
                        replica.Driver.Tick();
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }
}
