using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Faults;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

public sealed class FailoverTests(PostgresFixture postgres, ITestOutputHelper output)
{
    // Callers that rest between two calls leave the silos of this process the time to do what the test waits for.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(5);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>On PostgreSQL, as a cluster is; where there is none, in memory.</summary>
    [Fact]
    public async Task Pausing_and_killing_the_leaders_silo_loses_nothing_acknowledged_and_the_total_of_a_bank_stays_the_same()
    {
        var database = await FindDatabaseAsync();
        await using var cluster = await RaftTestCluster.StartAsync(groups: 1, configure: (_, silo) =>
        {
            Purse.AddTo(silo, groups: 1);
            RaftTestCluster.EnableFaults(silo);
            if (database is not null)
            {
                RaftTestCluster.UsePostgreSql(silo, database);
            }
        });
        await cluster.WaitUntilSpreadAsync();
        var bank = await Bank.OpenAsync(cluster);
        var acknowledged = 0;
        using var writing = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var number = 0; !writing.IsCancellationRequested; number++)
            {
                var id = $"{writer}-{number}";
                while (await cluster.Ledger("k").SubmitAsync(new LedgerCommand(1), id, Token) is not Committed<LedgerResult>)
                {
                    Token.ThrowIfCancellationRequested();
                }

                await bank.MoveAsync(writer, number);
                Interlocked.Increment(ref acknowledged);
                await Task.Delay(Rest, Token);
            }
        })).ToList();
        var leader = await cluster.FindLeaderSiloAsync("ledgers-0");
        await bank.LeadOnAsync(leader.Name);

        await cluster.PauseAsync(leader);
        await WaitForMoreAsync();
        await cluster.HealAsync();
        leader = await cluster.FindLeaderSiloAsync("ledgers-0");
        await bank.LeadOnAsync(leader.Name);
        await cluster.KillSiloAsync(leader);
        await WaitForMoreAsync();
        await writing.CancelAsync();
        await Task.WhenAll(writers);

        (await cluster.AddAsync("k", 1)).ShouldBe(new LedgerResult(acknowledged + 1, acknowledged + 1));
        await bank.RequireTotalAsync();

        async Task WaitForMoreAsync()
        {
            var before = Volatile.Read(ref acknowledged);
            await RaftTestCluster.EventuallyAsync(
                () => Task.FromResult(Volatile.Read(ref acknowledged) > before + 100 ? null : "no more writes are acknowledged"));
        }
    }

    /// <summary>Test clusters kill a silo by stopping it without giving it time: that is no restart, and nobody of its name comes back.</summary>
    [Fact]
    public async Task A_silo_that_is_killed_is_not_waited_for_and_calls_that_wait_are_answered()
    {
        await using var cluster = await RaftTestCluster.StartAsync(groups: 1, options: raft => raft.ReturnPatience = TimeSpan.FromHours(1));
        await cluster.WaitUntilSpreadAsync();
        await cluster.AddAsync("k", 0);
        var leader = await cluster.FindLeaderSiloAsync("ledgers-0");
        var others = cluster.Silos.Where(silo => silo != leader).Select(silo => silo.ServiceProvider.GetRequiredService<IGrainFactory>());
        using var calling = new CancellationTokenSource();
        var callers = others.Append(cluster.Client).SelectMany(factory => Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var longest = TimeSpan.Zero;
            var ledger = factory.GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "k");
            while (!calling.IsCancellationRequested)
            {
                var since = Stopwatch.GetTimestamp();
                await ledger.SubmitAsync(new LedgerCommand(1), Guid.NewGuid().ToString(), Token);
                longest = Stopwatch.GetElapsedTime(since) is var took && took > longest ? took : longest;
                await Task.Delay(Rest, Token);
            }

            return longest;
        }))).ToList();

        await cluster.KillSiloAsync(leader);
        await RaftTestCluster.EventuallyAsync(async () =>
            (await cluster.Admin.GetGroupAsync("ledgers-0", Token))!.Replicas.All(replica => replica.Silo is not null)
                ? null
                : "a replica waits for the silo that was killed");
        await cluster.AddAsync("k", 0);
        await calling.CancelAsync();

        var longest = (await Task.WhenAll(callers).WaitAsync(TimeSpan.FromMinutes(2), Token)).Max();
        output.WriteLine($"the longest call took {longest}");
    }

    [Fact]
    public async Task A_silo_that_stops_hands_its_leaderships_over_to_the_silo_that_runs_longest()
    {
        // Whoever stands without having been asked to has waited for longer than a hand-over takes, and asks for pre-votes first.
        await using var cluster = await RaftTestCluster.StartAsync(
            groups: 8, options: raft => (raft.ElectionTicksMin, raft.ElectionTicksMax) = (100, 150));
        await cluster.WaitUntilSpreadAsync();
        await cluster.WaitUntilLeadersAreSpreadAsync();
        var leaving = await cluster.FindLeaderSiloAsync("ledgers-0");
        var led = (await cluster.Admin.ListGroupsAsync(null, 100, Token)).Groups
            .Where(group => group.Replicas.Single(replica => replica.Replica == group.Leader).Silo == leaving.Name)
            .ToDictionary(group => group.Group, group => group.Replicas.ToDictionary(replica => replica.Replica.Value, replica => replica.Silo));
        var heirs = cluster.Silos.Where(silo => silo != leaving)
            .GroupBy(silo => silo.SiloAddress.Generation)
            .MinBy(silos => silos.Key)!.Select(silo => silo.Name)
            .ToList();
        using var reader = cluster.Silos.First(silo => silo != leaving).ServiceProvider.GetRequiredService<EventFeed>().Open(null);
        await reader.TakePictureAsync(Token);
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            cluster.Silos.All(silo => silo.ServiceProvider.GetRequiredService<EventRecorder>().IsWatched) ? null : "not every silo records"));

        var leavers = leaving.ServiceProvider.GetRequiredService<ClusterMembership>();

        await cluster.StopSiloAsync(leaving);

        leavers.IsStopping.ShouldBeTrue("nobody may give leaderships back meanwhile");
        var roles = new List<RoleEvent>();
        await RaftTestCluster.EventuallyAsync(async () =>
        {
            var events = (await reader.ReadAsync(TimeSpan.FromSeconds(1), Token))?.Select(numbered => numbered.Seen.Event) ?? [];
            roles.AddRange(events.OfType<RoleEvent>().Where(role => led.ContainsKey(role.Group)));
            var waiting = led.Keys.Except(roles.Where(role => role.Role == RaftRole.Leader).Select(role => role.Group)).ToList();
            return waiting.Count == 0 ? null : $"{string.Join(", ", waiting)} were not taken over";
        });
        roles.ShouldNotContain(role => role.Role == RaftRole.PreCandidate);

        // Who leads later was chosen to spread leaders again.
        roles.Where(role => role.Role == RaftRole.Leader).GroupBy(role => role.Group).Select(taken => taken.MinBy(role => role.Term)!)
            .ShouldAllBe(role => heirs.Contains(led[role.Group][role.Replica]!));
    }

    [Fact]
    public async Task Replicas_of_a_silo_that_is_gone_come_to_life_on_the_others()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 4, groups: 6);
        await cluster.WaitUntilSpreadAsync();

        await cluster.KillSiloAsync(cluster.Silos[3]);

        await cluster.WaitUntilSpreadAsync();
        await cluster.WaitUntilReadyAsync();
    }

    [Fact]
    public async Task A_leader_whose_links_are_cut_is_replaced_and_returns_as_a_follower()
    {
        await using var cluster = await RaftTestCluster.StartAsync(groups: 1, configure: static (_, silo) => RaftTestCluster.EnableFaults(silo));
        await cluster.WaitUntilSpreadAsync();
        await cluster.AddAsync("k", 1);
        var cutOff = await cluster.FindLeaderSiloAsync("ledgers-0");
        var others = cluster.Silos.Where(silo => silo != cutOff).ToList();

        Isolate(cutOff, others);
        await RaftTestCluster.EventuallyAsync(async () =>
            await RaftTestCluster.AdminOf(others[0]).GetGroupAsync("ledgers-0", Token) is { Leader: { } leader } group
            && group.Replicas.Single(replica => replica.Replica == leader).Silo != cutOff.Name
                ? null
                : "nobody else leads");
        var through = others[0].ServiceProvider.GetRequiredService<IGrainFactory>()
            .GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "k");
        RaftTestCluster.Committed(await through.SubmitAsync(new LedgerCommand(1), cancellation: Token)).Value.ShouldBe(new LedgerResult(2, 2));
        HealAll(cluster.Silos);

        await RaftTestCluster.EventuallyAsync(() => cluster.Admin.FindDifferenceAsync("ledgers-0", replicas: 3, Token));
    }

    private async Task<string?> FindDatabaseAsync()
    {
        if (await postgres.FindServerAsync() is not { } server)
        {
            return null;
        }

        var database = await server.CreateDatabaseAsync("failover");
        await PostgreSqlSchema.MigrateAsync(database, cancellation: Token);
        return database;
    }

    private static void Isolate(InProcessSiloHandle silo, IEnumerable<InProcessSiloHandle> others)
    {
        foreach (var other in others)
        {
            silo.ServiceProvider.GetRequiredService<LinkFaults>().Cut(other.SiloAddress);
            other.ServiceProvider.GetRequiredService<LinkFaults>().Cut(silo.SiloAddress);
        }
    }

    private static void HealAll(IEnumerable<InProcessSiloHandle> silos)
    {
        foreach (var silo in silos)
        {
            silo.ServiceProvider.GetRequiredService<LinkFaults>().HealAll();
        }
    }
}
