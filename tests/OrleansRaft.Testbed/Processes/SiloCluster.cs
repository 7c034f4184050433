using System.Globalization;
using System.Net.Http.Json;

namespace OrleansRaft.Testbed.Processes;

/// <summary>A cluster of real <c>oraft serve</c> processes on PostgreSQL.</summary>
public sealed class SiloCluster : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>Makes a cluster; nothing runs until <see cref="StartAsync"/>.</summary>
    /// <param name="postgres">Connection strings, in the order of the servers.</param>
    /// <param name="silos">How many silos.</param>
    /// <param name="groups">How many groups.</param>
    /// <param name="network">Where the silos live; null for this machine's loopback.</param>
    /// <param name="more">Further options for every silo.</param>
    public SiloCluster(IReadOnlyList<string> postgres, int silos = 3, int groups = 4, SiloNetwork? network = null, params IEnumerable<string> more)
    {
        ClusterId = $"c{Guid.NewGuid():N}"[..12];
        IReadOnlyList<string> arguments =
        [
            "--store", "postgres",
            "--clustering", "postgres",
            "--cluster-id", ClusterId,
            "--groups", groups.ToString(CultureInfo.InvariantCulture),
            .. postgres.SelectMany(connection => new[] { "--postgres", connection }),
            .. more,
        ];
        Silos = [.. Enumerable.Range(1, silos).Select(number => new OraftSilo(
            $"silo-{number.ToString(CultureInfo.InvariantCulture)}", arguments, Environment, network?.Homes[number - 1]))];
    }

    /// <summary>For how long a silo may take to become ready.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The cluster's name.</summary>
    public string ClusterId { get; }

    /// <summary>Variables of the silos' processes, besides those of this one; what is set before a silo starts counts.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>The silos.</summary>
    public IReadOnlyList<OraftSilo> Silos { get; }

    /// <summary>Every silo's HTTP API.</summary>
    public IReadOnlyList<Uri> Addresses => [.. Silos.Select(silo => silo.Address)];

    /// <summary>Starts every silo, and waits until all are ready.</summary>
    public async Task StartAsync()
    {
        foreach (var silo in Silos)
        {
            silo.Start();
        }

        await WaitUntilReadyAsync();
    }

    /// <summary>Waits until every silo is ready and every group has a leader.</summary>
    public async Task WaitUntilReadyAsync()
    {
        foreach (var silo in Silos)
        {
            await silo.WaitUntilReadyAsync(Patience);
        }

        // Readiness is about the silo alone.
        await Until.TrueAsync(
            async () => await TryListGroupsAsync() is { Count: > 0 } groups && groups.All(group => group.LeaderSilo is not null),
            Deadline,
            () => "some groups have no leader");
    }

    /// <summary>The silo that leads the most groups.</summary>
    public async Task<OraftSilo> LeaderAsync()
    {
        OraftSilo? leader = null;
        await Until.TrueAsync(
            async () =>
            {
                var groups = await TryListGroupsAsync();
                var name = groups.Where(group => group.LeaderSilo is not null)
                    .GroupBy(group => group.LeaderSilo).MaxBy(led => led.Count())?.Key;
                return (leader = Silos.FirstOrDefault(silo => silo.Name == name)) is not null;
            },
            Deadline,
            () => "no silo leads any group");
        return leader!;
    }

    /// <summary>Waits until no silo holds two replicas of a group, without which the death of one silo may take a majority away.</summary>
    public Task WaitUntilSpreadAsync() => Until.TrueAsync(
        async () => await TryListGroupsAsync() is { Count: > 0 } groups && groups.All(IsSpread),
        Deadline,
        () => "replicas are not spread over the silos");

    /// <summary>Waits until every replica lives on another silo than one.</summary>
    public Task WaitUntilReplacedAsync(OraftSilo silo) => Until.TrueAsync(
        async () => await TryListGroupsAsync() is { Count: > 0 } groups
            && groups.SelectMany(group => group.Replicas).All(replica => replica.Silo is { } host && host != silo.Name),
        Deadline,
        () => $"{silo.Name} is not replaced");

    /// <summary>Compares the states of every group's replicas, each at one entry of its log, when all of them can be compared.</summary>
    /// <returns>What differs, in sentences; nothing when all is well.</returns>
    public async Task<IReadOnlyList<string>> CompareReplicasAsync()
    {
        ComparisonState[] compared = [];
        await Until.TrueAsync(
            async () =>
            {
                var groups = await TryListGroupsAsync();
                compared = await Task.WhenAll(groups.Select(group => TryCompareAsync(group.Group)));
                return compared.Length > 0 && compared.All(static group => group.IsWhole);
            },
            Deadline,
            () => "not all replicas could be compared: " + string.Join("; ", compared.Where(static group => !group.IsWhole).Select(Describe)));
        return [.. compared.Where(static group => !group.IsEqual).Select(Describe)];
    }

    /// <summary>Whether the program compares replicas on request: a former build, which the benchmarks run too, may be from before that.</summary>
    public async Task<bool> CanCompareAsync() =>
        (await Http.GetStringAsync(new Uri(Silos[0].Address, "/openapi/v1.json"))).Contains("/groups/{group}/compare", StringComparison.Ordinal);

    /// <summary>What every silo wrote last, for the message of a failed test.</summary>
    public string Transcript => string.Join('\n', Silos.Select(silo => $"--- {silo.Name}\n{silo.Process.Transcript}"));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos)
        {
            await silo.DisposeAsync();
        }
    }

    /// <summary>Every group, as the first silo that answers describes them; none when no silo does.</summary>
    public async Task<IReadOnlyList<GroupState>> TryListGroupsAsync()
    {
        // All at once: one that is paused or cut off would keep the others waiting.
        using var answered = new CancellationTokenSource();
        await foreach (
            var asked in Task.WhenEach(Silos.Where(silo => !silo.Process.HasExited).Select(silo => TryListGroupsAsync(silo, answered.Token))))
        {
            if (await asked is { } groups)
            {
                await answered.CancelAsync();
                return groups;
            }
        }

        return [];
    }

    /// <summary>Compares one group; where no silo answers, the answer has no replicas that could be taken for equal.</summary>
    private async Task<ComparisonState> TryCompareAsync(string group)
    {
        var problem = "no silo runs";
        foreach (var silo in Silos.Where(silo => !silo.Process.HasExited))
        {
            try
            {
                using var answer = await Http.PostAsync(new Uri(silo.Address, $"/api/v1/groups/{group}/compare"), content: null);
                if (answer.IsSuccessStatusCode)
                {
                    return (await answer.Content.ReadFromJsonAsync<ComparisonState>())!;
                }

                problem = await answer.Content.ReadAsStringAsync();
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
            {
                // The next one may answer.
                problem = failure.Message;
            }
        }

        return new ComparisonState(group, 0, "none", problem, []);
    }

    private static async Task<IReadOnlyList<GroupState>?> TryListGroupsAsync(OraftSilo silo, CancellationToken cancellation)
    {
        try
        {
            return (await Http.GetFromJsonAsync<GroupListing>(new Uri(silo.Address, "/api/v1/groups"), cancellation))!.Groups;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    private bool IsSpread(GroupState group) =>
        group.Replicas.Select(replica => replica.Silo).OfType<string>().Distinct().Count() == Math.Min(Silos.Count, group.Replicas.Count);

    private static string Describe(ComparisonState compared) =>
        $"{compared.Detail} "
            + string.Join(", ", compared.Replicas.Select(one => $"{one.Replica}@{one.Silo} at {one.DigestIndex} is {one.Digest ?? one.Problem}"));
}
