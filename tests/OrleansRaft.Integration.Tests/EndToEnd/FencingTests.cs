using System.Net.Http.Json;
using System.Text.Json;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>
/// Real duplicate activations. Two of three silos, a majority of every group, are paused past their death, so that the third brings their replicas to
/// life and goes on with them. Resumed, the two find each other as they were: they could vote, write and confirm reads among themselves, were they
/// not fenced.
/// </summary>
public sealed class FencingTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const string Counter = "/api/v1/tenants/fencing/counters/c";

    private const int ReadsAtOnce = 4;
    private const int RoundsOfReads = 2;
    private const int Attempts = 3;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private PostgresServer? postgres;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private PostgresServer Postgres => postgres!;

    public async ValueTask InitializeAsync() => postgres = await PostgresFixture.StartOwnServerAsync();

    public async ValueTask DisposeAsync()
    {
        if (postgres is not null)
        {
            await postgres.DisposeAsync();
        }
    }

    /// <summary>
    /// With fencing, and on the wish of <c>.ci/full</c> from a program that is compiled without: nothing but fencing keeps the two from it.
    /// </summary>
    public static TheoryData<bool> Fenced => Environment.GetEnvironmentVariable("ORAFT_UNFENCED") is null ? [true] : [false];

    [Theory(Skip = LongTests.Reason, SkipType = typeof(LongTests), SkipUnless = nameof(LongTests.Run))]
    [MemberData(nameof(Fenced))]
    public async Task Two_silos_that_wake_after_their_death_serve_no_stale_read_and_acknowledge_no_write_that_is_lost(bool isFenced)
    {
        if (!isFenced)
        {
            await ServeAStaleReadAsync();
            return;
        }

        await using var silos = await MakeAsync(program: null);
        var (zombies, survivor, acknowledged) = await PauseTwoPastTheirDeathAsync(silos);

        ShouldNotBeStale(await ReadWhileNobodyTellsThemAsync(zombies, survivor, acknowledged), acknowledged);

        var seen = await Task.WhenAll(zombies.SelectMany(silo => new[] { ReadUntilItEndsAsync(silo), IncrementUntilItEndsAsync(silo) }));
        var final = await ReadAsync(survivor);
        log.WriteLine(
            $"values seen through the two: {string.Join("; ", seen.Select(values => string.Join(", ", values.Distinct())))}; finally {final}");
        ShouldNotBeStale(seen.SelectMany(values => values), acknowledged);
        var increments = seen.Where((_, index) => index % 2 == 1).SelectMany(values => values).ToList();
        increments.ShouldBeUnique();
        increments.ShouldAllBe(value => value > acknowledged && value <= final);
        foreach (var zombie in zombies)
        {
            (await zombie.Process.WaitForExitAsync(TimeSpan.FromMinutes(2))).ShouldBe(7, zombie.Process.Transcript);
        }
    }

    private async Task ServeAStaleReadAsync()
    {
        using var unfenced = UnfencedProgram.Make();
        var (seen, acknowledged) = (new List<long>(), 0L);
        for (var attempt = 0; attempt < Attempts && seen.Count == 0; attempt++)
        {
            // On a machine that stalls when the two wake they lose leadership before they are asked: that shows nothing.
            await using var silos = await MakeAsync(unfenced.Path);
            (var zombies, var survivor, acknowledged) = await PauseTwoPastTheirDeathAsync(silos);
            seen = await ReadWhileNobodyTellsThemAsync(zombies, survivor, acknowledged);
        }

        log.WriteLine($"values seen through the two: {string.Join(", ", seen.Distinct())}; acknowledged {acknowledged}");
        Should.Throw<ShouldAssertException>(() => ShouldNotBeStale(seen, acknowledged));
    }

    private static void ShouldNotBeStale(IEnumerable<long> seen, long acknowledged) => seen.ShouldAllBe(value => value >= acknowledged);

    private async Task<SiloCluster> MakeAsync(string? program)
    {
        string[] impatient =
        [
            "--set", "Orleans:Membership:ProbeTimeout=00:00:01",
            "--set", "Orleans:Membership:NumMissedProbesLimit=3",
            "--set", "Orleans:Membership:EnableIndirectProbes=false",
            "--set", "Orleans:Membership:ExtendProbeTimeoutDuringDegradation=false",
            "--set", "Orleans:Membership:NumVotesForDeathDeclaration=1",

            // Those who wake keep their leadership long enough to be asked, however slow the machine is.
            "--set", "Raft:ElectionTicksMin=40",
            "--set", "Raft:ElectionTicksMax=64",
            "--set", "Raft:StorageStallTicks=120",
        ];
        var silos = new SiloCluster([await Postgres.CreateDatabaseAsync()], groups: 1, more: impatient);
        foreach (var silo in silos.Silos)
        {
            silo.Program = program ?? silo.Program;
        }

        return silos;
    }

    /// <summary>Starts the silos, pauses the leader's and another, and goes on with the third alone.</summary>
    /// <returns>The two, the third, and the value of an increment that the third acknowledged meanwhile.</returns>
    private static async Task<(OraftSilo[] Zombies, OraftSilo Survivor, long Acknowledged)> PauseTwoPastTheirDeathAsync(SiloCluster silos)
    {
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

        return (zombies, survivor, await IncrementUntilAcknowledgedAsync(survivor));
    }

    /// <summary>
    /// Resumes the two while nobody can tell them that they are dead, neither PostgreSQL nor the third, and reads through the one that led: all that
    /// is left to keep it silent is that its lease has run out.
    /// </summary>
    private async Task<List<long>> ReadWhileNobodyTellsThemAsync(OraftSilo[] zombies, OraftSilo survivor, long acknowledged)
    {
        var seen = new List<long>();
        Postgres.Pause();
        survivor.Process.Pause();
        try
        {
            Array.ForEach(zombies, silo => silo.Process.Resume());
            for (var round = 0; round < RoundsOfReads && seen.TrueForAll(value => value >= acknowledged); round++)
            {
                var values = await Task.WhenAll(Enumerable.Range(0, ReadsAtOnce).Select(_ => TryReadAsync(zombies[0])));
                seen.AddRange(values.OfType<long>());
            }
        }
        finally
        {
            survivor.Process.Resume();
            Postgres.Resume();
        }

        return seen;
    }

    /// <summary>Every value that a linearizable read through a silo gave, from now until its process ends.</summary>
    private static async Task<List<long>> ReadUntilItEndsAsync(OraftSilo silo)
    {
        var values = new List<long>();
        while (!silo.Process.HasExited)
        {
            if (await TryReadAsync(silo) is { } value)
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
        while ((value = await TryReadAsync(silo)) is null)
        {
            Token.ThrowIfCancellationRequested();
        }

        return value.Value;
    }

    private static Task<long?> TryReadAsync(OraftSilo silo) => TryAsync(() => Http.GetAsync(new Uri(silo.Address, Counter), Token));

    private static Task<long?> TryIncrementAsync(OraftSilo silo, string key) => TryAsync(async () =>
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(silo.Address, Counter + "/increment"))
        {
            Content = JsonContent.Create(new { by = 1 }),
        };
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
        catch (Exception failure) when (failure is HttpRequestException or IOException
            || (failure is OperationCanceledException && !Token.IsCancellationRequested))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), Token);
            return null;
        }
    }
}
