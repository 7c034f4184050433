using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>A process that is no silo, this one, uses groups of a cluster of other processes through an Orleans client.</summary>
[Collection(EndToEndCluster.Name)]
public sealed class ExternalClientTests(EndToEndCluster cluster)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [LongFact]
    public async Task An_orleans_client_submits_commands_and_a_repeated_one_is_applied_once_across_a_failover()
    {
        await cluster.StartAsync();
        using var client = await ConnectAsync();
        var counter = client.Services.GetRequiredService<IClusterClient>().GetRaftGroup<CounterCommand, CounterResult>(
            CounterMachine.SetName, "external/client");
        var first = await SubmitAsync(counter, "request-1");

        var leader = await cluster.Silos.LeaderAsync();
        await leader.Process.KillAsync();
        var repeated = await SubmitAsync(counter, "request-1");
        var second = await SubmitAsync(counter, "request-2");
        leader.Start();
        await leader.WaitUntilReadyAsync();

        repeated.ShouldBe(first);
        second.Entry.Index.ShouldBeGreaterThan(first.Entry.Index);
        second.Value.ShouldBeOfType<CounterValue>().Value.ShouldBe(2);
    }

    private async Task<IHost> ConnectAsync()
    {
        var client = new HostBuilder()
            .UseOrleansClient(orleans => orleans
                .UseAdoNetClustering(options =>
                {
                    options.Invariant = "Npgsql";
                    options.ConnectionString = cluster.Database;
                })
                .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = cluster.Silos.ClusterId))
            .Build();
        await client.StartAsync(Token);
        return client;
    }

    /// <summary>Repeats under one request id until the outcome is known, as every client should.</summary>
    private static async Task<Committed<CounterResult>> SubmitAsync(RaftGroup<CounterCommand, CounterResult> counter, string requestId)
    {
        while (true)
        {
            if (await counter.SubmitAsync(new IncrementCounter(1), requestId, Token) is Committed<CounterResult> committed)
            {
                return committed;
            }
        }
    }
}
