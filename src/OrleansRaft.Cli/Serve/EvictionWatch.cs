using Microsoft.Extensions.Hosting;

namespace OrleansRaft.Cli.Serve;

/// <summary>
/// Looks often whether the others declared this silo dead. Nobody tells a dead silo, and Orleans by itself reads the membership once a minute: for so
/// long an evicted silo would sit there, serving nothing, instead of being started again. After a pause of the whole process it looks at once.
/// </summary>
/// <param name="membership">Orleans' membership; it ends the silo through <see cref="IFatalErrorHandler"/> when it finds it dead.</param>
/// <param name="time">The clock.</param>
internal sealed class EvictionWatch(IClusterMembershipService membership, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var looked = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            var before = time.GetTimestamp();
            await Task.Delay(Interval, time, stoppingToken);
            if (time.GetElapsedTime(before) > Pause || time.GetElapsedTime(looked) > Usual)
            {
                looked = time.GetTimestamp();
                await LookAsync(stoppingToken);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            await membership.Refresh(cancellationToken: cancellation);
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            // The table is out of reach; Orleans says so in its own words, and the next look comes soon.
        }
    }
}
