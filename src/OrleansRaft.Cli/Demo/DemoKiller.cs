using OrleansRaft.Grains.Faults;

namespace OrleansRaft.Cli.Demo;

/// <summary>Kills silos of the demo when somebody asks for it over HTTP, and brings them back when the fault heals.</summary>
/// <param name="time">The clock.</param>
internal sealed class DemoKiller(TimeProvider time) : ISiloKiller, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private DemoCluster? cluster;

    /// <summary>Names the cluster whose silos can be killed.</summary>
    public void Attach(DemoCluster killed) => cluster = killed;

    /// <summary>Brings nobody back any more.</summary>
    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    /// <inheritdoc/>
    public bool Kill(string silo, TimeSpan after)
    {
        if (cluster?.Silos.FirstOrDefault(one => one.Identity.Name == silo && one.State == DemoSiloState.Running) is not { } victim)
        {
            return false;
        }

        victim.Kill();
        _ = ReviveLaterAsync(victim, after);
        return true;
    }

    /// <inheritdoc/>
    public void Revive(string silo) => _ = ReviveAsync(one => one.Identity.Name == silo && one.State == DemoSiloState.Killed);

    private async Task ReviveLaterAsync(DemoSilo victim, TimeSpan after)
    {
        await Task.Delay(after, time, stopping.Token);
        await ReviveAsync(one => one == victim);
    }

    private async Task ReviveAsync(Func<DemoSilo, bool> which)
    {
        if (cluster is not null)
        {
            await cluster.HealAsync(which, stopping.Token);
        }
    }
}
