using Microsoft.Extensions.Hosting;
using OrleansRaft.Grains.Hosting;

namespace OrleansRaft.Server.Health;

/// <summary>
/// When the application stops, hands the silo's leaderships over before any of its services stops: the web server would close its port first, and
/// clients would be refused while this silo still leads.
/// </summary>
/// <param name="drain">The silo's orderly end; absent where the application has no silo of its own.</param>
internal sealed class DrainBeforeClosing(IRaftDrain? drain = null) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A host that is given no time to stop is killed, as far as it can be from inside.
        if (drain is not null && !cancellationToken.IsCancellationRequested)
        {
            drain.Begin();
            await drain.HandOverAsync();
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
