using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Chaos;

/// <summary>One way to break a cluster and mend it again.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="StrikeAsync">Breaks, waits as long as it must, mends; answers what was hit.</param>
internal sealed record Fault(string Name, Func<SiloCluster, PostgresServer, Random, Task<string>> StrikeAsync)
{
    public static IReadOnlyList<Fault> All { get; } =
    [
        new("kill-leader", async (silos, _, _) => await KillAsync(await silos.LeaderAsync())),
        new("kill-any", async (silos, _, random) => await KillAsync(AnyOf(silos, random))),
        new("terminate-leader", async (silos, _, _) => await TerminateAsync(await silos.LeaderAsync())),
        new("pause-leader", async (silos, _, random) => await PauseAsync(await silos.LeaderAsync(), random)),
        new("pause-any", async (silos, _, random) => await PauseAsync(AnyOf(silos, random), random)),
        new("kill-all", async (silos, _, _) => await KillAllAsync(silos)),
        new("restart-postgres", async (_, postgres, _) => await Named("postgres", postgres.RestartAsync())),
        new("crash-postgres", async (_, postgres, _) => await CrashAsync(postgres)),
        new("pause-postgres", async (_, postgres, random) => await PauseAsync(postgres, random)),
    ];

    private static OraftSilo AnyOf(SiloCluster silos, Random random) => silos.Silos[random.Next(silos.Silos.Count)];

    private static async Task<string> KillAsync(OraftSilo silo)
    {
        await silo.Process.KillAsync();
        silo.Start();
        return silo.Name;
    }

    private static async Task<string> TerminateAsync(OraftSilo silo)
    {
        silo.Process.Terminate();
        var exitCode = await silo.Process.WaitForExitAsync(TimeSpan.FromSeconds(15));
        silo.Start();
        return exitCode == 0 ? silo.Name : $"{silo.Name}, which ended with {exitCode}";
    }

    private static async Task<string> PauseAsync(OraftSilo silo, Random random)
    {
        var length = TimeSpan.FromSeconds(0.5 + (random.NextDouble() * 5));
        silo.Process.Pause();
        await Task.Delay(length);
        silo.Process.Resume();
        return $"{silo.Name} for {length.TotalSeconds:0.0} s";
    }

    private static async Task<string> KillAllAsync(SiloCluster silos)
    {
        await Task.WhenAll(silos.Silos.Select(silo => silo.Process.KillAsync()));
        foreach (var silo in silos.Silos)
        {
            silo.Start();
        }

        return "all silos";
    }

    private static async Task<string> CrashAsync(PostgresServer postgres)
    {
        await postgres.StopImmediatelyAsync();
        await postgres.StartAsync();
        return "postgres";
    }

    private static async Task<string> PauseAsync(PostgresServer postgres, Random random)
    {
        var length = TimeSpan.FromSeconds(0.5 + (random.NextDouble() * 4));
        postgres.Pause();
        await Task.Delay(length);
        postgres.Resume();
        return $"postgres for {length.TotalSeconds:0.0} s";
    }

    private static async Task<string> Named(string target, Task work)
    {
        await work;
        return target;
    }
}
