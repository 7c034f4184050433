using Microsoft.Extensions.Hosting;

namespace OrleansRaft.Cli.Serve;

/// <summary>Leaves signals to the command that runs the host: it knows the exit codes and the time there is to stop.</summary>
internal sealed class SilentLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
