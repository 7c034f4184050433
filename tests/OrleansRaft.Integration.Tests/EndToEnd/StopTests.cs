using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.PostgreSql;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>Clients of a silo that stops in order notice nothing, and a database that is away does not keep it.</summary>
[Collection(EndToEndCluster.Name)]
public sealed class StopTests(EndToEndCluster cluster)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Nobody_is_refused_or_failed_before_the_leaderships_are_gone()
    {
        await cluster.StartAsync();
        var silo = await cluster.Silos.LeaderAsync();
        silo.Process.Terminate();
        await silo.Process.WaitForExitAsync(Patience);
        // Kept connections are asked to end in the last part of the drain: long enough for a machine that stalls.
        silo.DrainSeconds = 3;
        silo.Start();
        await cluster.Silos.WaitUntilReadyAsync();
        await cluster.Silos.WaitUntilSpreadAsync();
        await Until.TrueAsync(() => LeadsAsync(silo), Patience, () => $"{silo.Name} does not lead again");
        var clients = Enumerable.Range(0, 4).Select(number => LoopAsync(silo, number, isKept: number % 2 == 0)).ToList();

        silo.Process.Terminate();
        var ends = await Task.WhenAll(clients);

        ends.SelectMany(end => end.Failures).ShouldBeEmpty();
        ends.ShouldAllBe(end => end.Succeeded > 0);
        ends.SelectMany(end => end.StillLed).ShouldBeEmpty();
        (await silo.Process.WaitForExitAsync(Patience)).ShouldBe(0, silo.Process.Transcript);
        silo.DrainSeconds = 0;
        silo.Start();
        await cluster.Silos.WaitUntilReadyAsync();
    }

    [Fact]
    public async Task A_silo_whose_database_is_away_ends_and_says_what_it_could_not_do()
    {
        await cluster.StartPostgresAsync();
        await using var proxy = new CuttableProxy(cluster.Postgres.Port);
        var database = await cluster.Postgres.CreateDatabaseAsync();
        var connection = proxy.Redirect(database);
        await using var silo = new OraftSilo(
            "cut-off", ["--store", "postgres", "--clustering", "postgres", "--cluster-id", "away", "--groups", "1", "--postgres", connection]);
        silo.Start();
        await silo.WaitUntilReadyAsync();

        proxy.Cut();
        silo.Process.Terminate();

        (await silo.Process.WaitForExitAsync(Patience)).ShouldBe(0, silo.Process.Transcript);
        silo.Process.Transcript.ShouldContain($"stopped; PostgreSQL at 127.0.0.1:{proxy.Port}, which holds the membership, is away");
    }

    /// <summary>Whether a silo leads a group; asks for it otherwise.</summary>
    private async Task<bool> LeadsAsync(OraftSilo silo)
    {
        var groups = await cluster.Silos.TryListGroupsAsync();
        if (groups.Count > 0 && !groups.Any(group => group.LeaderSilo == silo.Name))
        {
            var successor = groups[0].Replicas.First(replica => replica.Silo == silo.Name).Replica;
            await CommandLineRun.AtAsync(silo.Address, "group", "transfer", groups[0].Group, $"{successor}");
            return false;
        }

        return groups.Count > 0;
    }

    /// <summary>Adds to counters of one silo, on one connection or on a new one each time, until the silo refuses connections.</summary>
    private async Task<LoopEnd> LoopAsync(OraftSilo silo, int number, bool isKept)
    {
        // Whether nothing was answered yet on the connection that was made last: the silo may never have accepted it.
        var isNew = false;
        using var http = new HttpClient(new SocketsHttpHandler
        {
            PooledConnectionLifetime = isKept ? Timeout.InfiniteTimeSpan : TimeSpan.Zero,
            ConnectCallback = async (context, cancellation) =>
            {
                isNew = true;
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        });
        var failures = new List<string>();
        for (var succeeded = 0; ; )
        {
            try
            {
                using var answer = await http.PostAsJsonAsync(
                    new Uri(silo.Address, $"/api/v1/tenants/stopping/counters/c{number}-{succeeded % 10}/increment"),
                    new { by = 1 },
                    TestContext.Current.CancellationToken);
                isNew = false;
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    succeeded++;
                }
                else
                {
                    failures.Add($"{(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
                }
            }
            catch (HttpRequestException closed) when (isNew && IsRefused(closed))
            {
                var groups = await cluster.Silos.TryListGroupsAsync();
                return new LoopEnd(succeeded, failures, [.. groups.Where(group => group.LeaderSilo == silo.Name).Select(group => group.Group)]);
            }
            catch (HttpRequestException broken)
            {
                failures.Add(broken.ToString());
            }
        }
    }

    /// <summary>
    /// Whether a new connection was refused, or reset: a system resets the connections that nobody has accepted when their port is closed.
    /// </summary>
    private static bool IsRefused(HttpRequestException failure) =>
        (failure.InnerException as SocketException ?? failure.InnerException?.InnerException as SocketException)?.SocketErrorCode
            is SocketError.ConnectionRefused or SocketError.ConnectionReset;

    /// <summary>What a client saw.</summary>
    /// <param name="Succeeded">Increments that were acknowledged.</param>
    /// <param name="Failures">What else was answered, or broke.</param>
    /// <param name="StillLed">Groups that the silo led when its port was closed.</param>
    private sealed record LoopEnd(int Succeeded, IReadOnlyList<string> Failures, IReadOnlyList<string> StillLed);
}
