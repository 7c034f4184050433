using System.Globalization;
using System.Text.Json;
using OrleansRaft.Benchmarks.Builds;
using OrleansRaft.Benchmarks.Growth;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>Processes of <c>oraft serve</c> with their logs in PostgreSQL, over HTTP.</summary>
internal sealed class OraftSystem : ISystem
{
    public const string SystemName = "OrleansRaft HTTP";

    /// <summary>The name of the processes that run with the number of groups that <c>oraft serve</c> makes unless it is told another.</summary>
    public const string DefaultName = "OrleansRaft HTTP, default groups";

    /// <summary>How many groups <c>oraft serve</c> makes unless it is told another number.</summary>
    public const int DefaultGroups = 16;

    public const string Increment = "increment";
    public const string Read = "linearizable read";

    private const string Tenant = "bench";
    private readonly Tally tally = new();
    private readonly bool isFormerBuild;

    private OraftSystem(string name, SiloCluster cluster, bool isFormerBuild)
    {
        Name = name;
        this.isFormerBuild = isFormerBuild;
        Cluster = cluster;
        Scenarios =
        [
            .. (name == DefaultName ? [Counters.Many] : new[] { 1, Counters.Many }).SelectMany(keys => new Scenario[]
            {
                new(Name, Increment, keys, (connections, times) => IncrementAsync(keys, connections, times)),
                new(
                    Name,
                    Read,
                    keys,
                    (connections, times) => HttpLoad.RunAsync(Cluster.Addresses, connections, number => Reads(keys, number), times)),
            }),
        ];
    }

    public string Name { get; }

    public SiloCluster Cluster { get; }

    public IReadOnlyList<Scenario> Scenarios { get; }

    /// <summary>Increments of all counters.</summary>
    public Scenario IncrementsOfMany => Scenarios.First(static scenario => scenario is { Operation: Increment, Keys: Counters.Many });

    /// <summary>Starts the processes, and makes every counter that is read.</summary>
    /// <param name="postgres">The databases, one on each server.</param>
    /// <param name="shape">How the cluster is cut.</param>
    /// <param name="withServerCollector">Whether the silos use the garbage collector for servers.</param>
    /// <param name="build">What the processes run; this build by default.</param>
    /// <param name="name">Its name in figures; the build's, or the usual one, by default.</param>
    public static async Task<OraftSystem> StartAsync(
        IReadOnlyList<string> postgres, Shape shape, bool withServerCollector, Build? build = null, string? name = null)
    {
        var cluster = new SiloCluster(
            postgres, shape.Silos, shape.Groups, network: null, "--replicas", shape.Replicas.ToString(CultureInfo.InvariantCulture))
        {
            Environment = { ["DOTNET_gcServer"] = withServerCollector ? "1" : "0" },
        };
        foreach (var silo in cluster.Silos)
        {
            silo.Program = build?.Program ?? silo.Program;
        }

        var system = new OraftSystem(name ?? build?.Name ?? SystemName, cluster, isFormerBuild: build is not null);
        await cluster.StartAsync();
        await cluster.WaitUntilSpreadAsync();
        await system.MakeCountersAsync();
        return system;
    }

    /// <summary>How many groups each silo leads, in a few words.</summary>
    public async Task<string> DescribeLeadersAsync() => string.Join(", ", (await Cluster.TryListGroupsAsync())
        .GroupBy(static group => group.LeaderSilo ?? "nobody")
        .OrderBy(static led => led.Key, StringComparer.Ordinal)
        .Select(static led => $"{led.Key} {led.Count().ToString(CultureInfo.InvariantCulture)}"));

    public async Task<IReadOnlyList<string>> VerifyAsync() =>
    [
        .. new[] { tally.Check($"The counters of {Name}", await SumAsync()) }.OfType<string>(),
        .. isFormerBuild && !await Cluster.CanCompareAsync() ? [] : await Cluster.CompareReplicasAsync(),
    ];

    public ValueTask DisposeAsync() => Cluster.DisposeAsync();

    private async Task<LoadResult> IncrementAsync(int keys, int connections, LoadTimes times) =>
        tally.Add(await HttpLoad.RunAsync(Cluster.Addresses, connections, number => Increments(keys, number), times));

    /// <summary>The requests of one connection that increments all counters.</summary>
    public static DrawnRequest Increments(Uri server, int number) =>
        new([.. Counters.Names(Counters.Many).Select(counter => IncrementOf(server, counter))], seed: number);

    private static ReadOnlyMemory<byte> IncrementOf(Uri server, string counter) =>
        HttpRequests.Post(server, $"/api/v1/tenants/{Tenant}/counters/{counter}/increment", """{"by":1}""");

    private DrawnRequest Increments(int keys, int number) => Drawn(keys, number, IncrementOf);

    private DrawnRequest Reads(int keys, int number) =>
        Drawn(keys, number, (server, counter) => HttpRequests.Get(server, $"/api/v1/tenants/{Tenant}/counters/{counter}"));

    private DrawnRequest Drawn(int keys, int number, Func<Uri, string, ReadOnlyMemory<byte>> request)
    {
        var server = Cluster.Addresses[number % Cluster.Addresses.Count];
        return new DrawnRequest([.. Counters.Names(keys).Select(counter => request(server, counter))], seed: number);
    }

    private async Task MakeCountersAsync()
    {
        using var http = new HttpClient();
        await Parallel.ForEachAsync(Counters.Names(Counters.Many).Concat(Counters.Names(1)), async (counter, cancellation) =>
        {
            using var body = new StringContent("""{"by":0}""", System.Text.Encoding.UTF8, "application/json");
            using var answer = await http.PostAsync(
                new Uri(Cluster.Addresses[0], $"/api/v1/tenants/{Tenant}/counters/{counter}/increment"), body, cancellation);
            answer.EnsureSuccessStatusCode();
        });
    }

    private async Task<long> SumAsync()
    {
        using var http = new HttpClient();
        long sum = 0;
        for (var after = ""; after is not null;)
        {
            using var page = JsonDocument.Parse(await http.GetStringAsync(
                new Uri(
                    Cluster.Addresses[0],
                    string.Create(CultureInfo.InvariantCulture, $"/api/v1/tenants/{Tenant}/counters?limit=1000&after={after}"))));
            sum += page.RootElement.GetProperty("counters").EnumerateArray().Sum(static counter => counter.GetProperty("value").GetInt64());
            after = page.RootElement.GetProperty("next").GetString();
        }

        return sum;
    }
}

/// <summary>The names of counters, the same for every system.</summary>
internal static class Counters
{
    /// <summary>How many keys a load is spread over, when it is spread.</summary>
    public const int Many = 1_000;

    public static IEnumerable<string> Names(int keys) => keys == 1
        ? ["hot"]
        : Enumerable.Range(0, keys).Select(static number => string.Create(CultureInfo.InvariantCulture, $"c{number:0000}"));
}
