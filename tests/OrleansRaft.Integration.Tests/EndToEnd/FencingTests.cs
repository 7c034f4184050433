using System.Net.Http.Json;
using System.Text.Json;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>
/// Real duplicate activations. Two of three silos, a majority of every group, are paused past their death, so that the third brings their replicas to life and goes
/// on with them. Resumed, the two find each other as they were: they could vote, write and confirm reads among themselves, were they not fenced.
/// </summary>
[Collection(EndToEndCluster.Name)]
public sealed class FencingTests(EndToEndCluster cluster, ITestOutputHelper log)
{
    private const string Counter = "/api/v1/tenants/fencing/counters/c";

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_silos_that_wake_after_their_death_serve_no_stale_read_and_acknowledge_no_write_that_is_lost()
    {
        await cluster.StartPostgresAsync();
        string[] impatient =
        [
            "--set", "Orleans:Membership:ProbeTimeout=00:00:01",
            "--set", "Orleans:Membership:NumMissedProbesLimit=3",
            "--set", "Orleans:Membership:EnableIndirectProbes=false",
        ];
        await using var silos = new SiloCluster([await cluster.Postgres.CreateDatabaseAsync()], groups: 1, more: impatient);
        await silos.StartAsync();
        await silos.WaitUntilSpreadAsync();
        var leader = await silos.LeaderAsync();
        var others = silos.Silos.Where(silo => silo != leader).ToList();
        var (zombies, survivor) = ((OraftSilo[])[leader, others[0]], others[1]);
        await IncrementUntilAcknowledgedAsync(leader);

        Array.ForEach(zombies, silo => silo.Process.Pause());
        foreach (var zombie in zombies)
        {
            await silos.WaitUntilReplacedAsync(zombie);
        }

        var acknowledged = await IncrementUntilAcknowledgedAsync(survivor);
        Array.ForEach(zombies, silo => silo.Process.Resume());
        var seen = await Task.WhenAll(zombies.SelectMany(silo => new[] { ReadUntilItEndsAsync(silo), IncrementUntilItEndsAsync(silo) }));
        var final = await ReadAsync(survivor);

        log.WriteLine($"values seen through the two: {string.Join("; ", seen.Select(values => string.Join(", ", values.Distinct())))}; finally {final}");
        seen.SelectMany(values => values).ShouldAllBe(value => value >= acknowledged);
        var increments = seen.Where((_, index) => index % 2 == 1).SelectMany(values => values).ToList();
        increments.ShouldBeUnique();
        increments.ShouldAllBe(value => value > acknowledged && value <= final);
        foreach (var zombie in zombies)
        {
            (await zombie.Process.WaitForExitAsync(TimeSpan.FromSeconds(60))).ShouldBe(7, zombie.Process.Transcript);
        }
    }

    /// <summary>Every value that a linearizable read through a silo gave, from now until its process ends.</summary>
    private static async Task<List<long>> ReadUntilItEndsAsync(OraftSilo silo)
    {
        var values = new List<long>();
        while (!silo.Process.HasExited)
        {
            if (await TryAsync(() => Http.GetAsync(new Uri(silo.Address, Counter), Token)) is { } value)
            {
                values.Add(value);
            }
        }

        return values;
    }

    /// <summary>Every value that an acknowledged increment through a silo made, from now until its process ends.</summary>
    private static async Task<List<long>> IncrementUntilItEndsAsync(OraftSilo silo)
    {
        var values = new List<long>();
        while (!silo.Process.HasExited)
        {
            if (await TryIncrementAsync(silo, Guid.NewGuid().ToString()) is { } value)
            {
                values.Add(value);
            }
        }

        return values;
    }

    private static async Task<long> IncrementUntilAcknowledgedAsync(OraftSilo silo)
    {
        var key = Guid.NewGuid().ToString();
        long? value;
        while ((value = await TryIncrementAsync(silo, key)) is null)
        {
            Token.ThrowIfCancellationRequested();
        }

        return value.Value;
    }

    private static async Task<long> ReadAsync(OraftSilo silo)
    {
        long? value;
        while ((value = await TryAsync(() => Http.GetAsync(new Uri(silo.Address, Counter), Token))) is null)
        {
            Token.ThrowIfCancellationRequested();
        }

        return value.Value;
    }

    private static Task<long?> TryIncrementAsync(OraftSilo silo, string key) => TryAsync(async () =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(silo.Address, Counter + "/increment")) { Content = JsonContent.Create(new { by = 1 }) };
        request.Headers.Add("Idempotency-Key", key);
        return await Http.SendAsync(request, Token);
    });

    private static async Task<long?> TryAsync(Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            using var response = await send();
            var body = await response.Content.ReadAsStringAsync(Token);
            return response.IsSuccessStatusCode ? JsonDocument.Parse(body).RootElement.GetProperty("value").GetInt64() : null;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !Token.IsCancellationRequested))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), Token);
            return null;
        }
    }
}
