using System.Globalization;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Chaos;

/// <summary>One way to break a cluster and mend it again.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="StrikeAsync">Breaks, waits as long as it must, mends; answers what was hit.</param>
/// <param name="NeedsNetwork">Whether it cuts links.</param>
/// <param name="NeedsServers">How many PostgreSQL servers it needs.</param>
internal sealed record Fault(string Name, Func<ChaosCluster, Random, Task<string>> StrikeAsync, bool NeedsNetwork = false, int NeedsServers = 1)
{
    public static IReadOnlyList<Fault> All { get; } =
    [
        new("kill-leader", async (cluster, _) => await KillAsync(await cluster.Silos.LeaderAsync())),
        new("kill-any", async (cluster, random) => await KillAsync(AnyOf(cluster, random))),
        new("terminate-leader", async (cluster, _) => await TerminateAsync(await cluster.Silos.LeaderAsync())),
        new("rolling-restart", async (cluster, _) => await RollAsync(cluster)),
        new("pause-leader", async (cluster, random) => await PauseAsync(await cluster.Silos.LeaderAsync(), random)),
        new("pause-any", async (cluster, random) => await PauseAsync(AnyOf(cluster, random), random)),
        new("kill-all", async (cluster, _) => await KillAllAsync(cluster)),
        new("restart-postgres", async (cluster, random) => await RestartAsync(cluster, random)),
        new("crash-postgres", async (cluster, random) => await CrashAsync(cluster, random)),
        new("pause-postgres", async (cluster, random) => await PausePostgresAsync(cluster, random)),
        new("lose-a-server", async (cluster, random) => await LoseServerAsync(cluster, random), NeedsServers: 3),
        new("cut-a-link", async (cluster, random) => await CutAsync(cluster, random, isolates: false), NeedsNetwork: true),
        new("isolate-a-silo", async (cluster, random) => await CutAsync(cluster, random, isolates: true), NeedsNetwork: true),
        new("replace-a-member", async (cluster, random) => await ChangeAsync(cluster, random, "members", voter => new { replaces = voter })),
        new("transfer-leadership", async (cluster, random) => await ChangeAsync(cluster, random, "leader", voter => new { replica = voter })),
    ];

    private static OraftSilo AnyOf(ChaosCluster cluster, Random random) => cluster.Silos.Silos[random.Next(cluster.Silos.Silos.Count)];

    private static async Task<string> KillAsync(OraftSilo silo)
    {
        await silo.Process.KillAsync();
        silo.Start();
        return silo.Name;
    }

    private static async Task<string> TerminateAsync(OraftSilo silo)
    {
        silo.Process.Terminate();
        var exitCode = await silo.Process.WaitForExitAsync(TimeSpan.FromSeconds(60));
        silo.Start();
        return exitCode == 0 ? silo.Name : string.Create(CultureInfo.InvariantCulture, $"{silo.Name}, which ended with {exitCode}");
    }

    private static async Task<string> RollAsync(ChaosCluster cluster)
    {
        foreach (var silo in cluster.Silos.Silos)
        {
            await TerminateAsync(silo);
            await silo.WaitUntilReadyAsync();
            await cluster.Silos.WaitUntilSpreadAsync();
        }

        return "all silos, one after the other";
    }

    private static async Task<string> PauseAsync(OraftSilo silo, Random random)
    {
        var length = Length(random, 5);
        silo.Process.Pause();
        await Task.Delay(length);
        silo.Process.Resume();
        return Named(silo.Name, length);
    }

    private static async Task<string> KillAllAsync(ChaosCluster cluster)
    {
        foreach (var silo in cluster.Silos.Silos)
        {
            await silo.Process.KillAsync();
        }

        foreach (var silo in cluster.Silos.Silos)
        {
            silo.Start();
        }

        return "all silos";
    }

    private static async Task<string> RestartAsync(ChaosCluster cluster, Random random)
    {
        var (server, name) = ServerOf(cluster, random);
        await server.RestartAsync();
        return name;
    }

    private static async Task<string> CrashAsync(ChaosCluster cluster, Random random)
    {
        var (server, name) = ServerOf(cluster, random);
        await server.StopImmediatelyAsync();
        await server.StartAsync();
        return name;
    }

    private static async Task<string> PausePostgresAsync(ChaosCluster cluster, Random random)
    {
        var (server, name) = ServerOf(cluster, random);
        var length = Length(random, 4);
        server.Pause();
        await Task.Delay(length);
        server.Resume();
        return Named(name, length);
    }

    /// <summary>One of several servers is gone for a while: groups go on with the replicas on the others.</summary>
    private static async Task<string> LoseServerAsync(ChaosCluster cluster, Random random)
    {
        var (server, name) = ServerOf(cluster, random);
        var length = Length(random, 10);
        await server.StopImmediatelyAsync();
        await Task.Delay(length);
        await server.StartAsync();
        return Named(name, length);
    }

    /// <summary>Nothing passes between two silos, or between one and all others; everybody still reaches the databases.</summary>
    private static async Task<string> CutAsync(ChaosCluster cluster, Random random, bool isolates)
    {
        var count = cluster.Silos.Silos.Count;
        var one = random.Next(count);
        var another = (one + 1 + random.Next(count - 1)) % count;
        var length = Length(random, 6);
        List<(int From, int To)> links =
        [
            .. Enumerable.Range(0, count)
                .Where(other => other != one && (isolates || other == another))
                .SelectMany(other => new[] { (one, other), (other, one) }),
        ];
        links.ForEach(link => cluster.Network!.Cut(link.From, link.To));
        await Task.Delay(length);
        links.ForEach(link => cluster.Network!.Heal(link.From, link.To));
        return Named(isolates ? cluster.Silos.Silos[one].Name : $"{cluster.Silos.Silos[one].Name} from {cluster.Silos.Silos[another].Name}", length);
    }

    /// <summary>Of some group, some replica: what is done with it is asked over HTTP, under load.</summary>
    private static async Task<string> ChangeAsync(ChaosCluster cluster, Random random, string part, Func<long, object> change)
    {
        var groups = await cluster.Silos.TryListGroupsAsync();
        if (groups.Count == 0)
        {
            return "no group that answers";
        }

        var group = groups[random.Next(groups.Count)];
        var voter = group.Replicas[random.Next(group.Replicas.Count)].Replica;
        return await cluster.ChangeGroupAsync(group.Group, part, change(voter));
    }

    private static (PostgresServer Server, string Name) ServerOf(ChaosCluster cluster, Random random)
    {
        var number = random.Next(cluster.Servers.Count);
        return (cluster.Servers[number], string.Create(CultureInfo.InvariantCulture, $"postgres {number} of {cluster.Servers.Count}"));
    }

    private static TimeSpan Length(Random random, double most) => TimeSpan.FromSeconds(0.5 + (random.NextDouble() * most));

    private static string Named(string target, TimeSpan length) =>
        string.Create(CultureInfo.InvariantCulture, $"{target} for {length.TotalSeconds:0.0} s");
}
