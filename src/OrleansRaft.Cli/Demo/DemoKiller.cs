using OrleansRaft.Grains.Faults;

namespace OrleansRaft.Cli.Demo;

/// <summary>Kills silos of the demo when somebody asks for it over HTTP, and brings them back when the fault heals.</summary>
/// <param name="time">The clock.</param>
internal sealed class DemoKiller(TimeProvider time) : ISiloKiller, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private Func<IReadOnlyList<DemoSilo>> silos = static () => [];
    private Func<Func<DemoSilo, bool>, CancellationToken, Task> heal = static (_, _) => Task.CompletedTask;

    /// <summary>Names the silos that can be killed.</summary>
    /// <param name="killable">The silos at a moment.</param>
    /// <param name="revive">Brings those silos back that it is asked for.</param>
    public void Attach(Func<IReadOnlyList<DemoSilo>> killable, Func<Func<DemoSilo, bool>, CancellationToken, Task> revive) =>
        (silos, heal) = (killable, revive);

    /// <summary>Brings nobody back any more.</summary>
    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    /// <inheritdoc/>
    public bool Kill(string silo, TimeSpan after)
    {
        if (silos().FirstOrDefault(one => one.Identity.Name == silo && one.State == DemoSiloState.Running) is not { } victim)
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

    private Task ReviveAsync(Func<DemoSilo, bool> which) => heal(which, stopping.Token);
}
