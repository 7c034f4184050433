using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansRaft.Client;
using OrleansRaft.Counters.Web;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Integration.Tests.Server;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>Three silos go over to a newer build of a state machine, one by one, and one of them goes back.</summary>
public sealed class MachineVersionTests
{
    private const string Set = "vaults";
    private const string Name = $"{Set}-0";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("alarm", AlarmNames.VersionBehind)]
    public async Task Silos_go_over_to_a_newer_build_one_by_one_and_one_that_goes_back_serves_nothing_until_it_is_new_again()
    {
        var builds = new Builds();
        await using var cluster = await StartAsync(builds);
        var group = GroupOf(cluster);
        (await AddAsync(group, 10)).ShouldBe("10 at version 1");

        foreach (var (done, silo) in cluster.Silos.ToArray().Index())
        {
            await RaftTestCluster.EventuallyAsync(async () =>
                await group.SubmitAsync(new VaultCommand(1) { Fee = 1 }, $"early-{done}", Token) is var early
                    && early is Rejected<string> { Reason: RejectionReason.VersionNotRaised } ? null : early.ToString());
            await RunAsync(cluster, builds, silo, build: 2);

            // When the last silo has gone over, the version is raised before that or after it.
            var sum = 11 + done;
            (await AddAsync(group, 1)).ShouldBeOneOf(done < 2 ? [$"{sum} at version 1"] : [$"{sum} at version 1", $"{sum + 100} at version 2"]);
        }

        await IsRaisedAsync(cluster, group);
        (await AddAsync(group, 7, fee: 2)).ShouldBe("118 at version 2");

        var back = cluster.Silos[^1];
        await RunAsync(cluster, builds, back, build: 1);
        await RaftTestCluster.EventuallyAsync(async () => (await cluster.Admin.ListAlarmsAsync(Token)) is
            [{ Name: AlarmNames.VersionBehind, Group: Name }] ? null : "no alarm");
        var alarm = (await cluster.Admin.ListAlarmsAsync(Token))[0];
        alarm.Detail.ShouldContain("works at version 2, and this program supports 1");
        alarm.Remedy.ShouldContain("Start a program");
        (await AddAsync(group, 1)).ShouldBe("119 at version 2");
        var states = (await cluster.Admin.GetGroupAsync(Name, Token))!.Replicas;
        states.Count(static replica => replica.Snapshot is { IsVersionBehind: true, MachineVersion: 2, MachineVersions.Newest: 1 }).ShouldBe(1);

        await RunAsync(cluster, builds, back, build: 2);
        await RaftTestCluster.EventuallyAsync(async () => await cluster.Admin.ListAlarmsAsync(Token) is [var left, ..] ? left.Detail : null);
        await DigestsBecomeEqualAsync(cluster);
    }

    [Fact]
    public async Task A_repetition_that_its_client_stamps_anew_gets_the_first_answer_and_another_request_is_refused()
    {
        await using var cluster = await StartAsync(new Builds());
        IGrainFactory[] callers = [cluster.Client, cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>()];

        foreach (var (number, caller) in callers.Index())
        {
            var group = caller.GetRaftGroup<VaultCommand, string>(Set, "a");
            var first = (Committed<string>)await group.SubmitAsync(new VaultCommand(5) { Stamp = 1 }, $"id-{number}", Token);
            var again = (Committed<string>)await group.SubmitAsync(new VaultCommand(5) { Stamp = 2 }, $"id-{number}", Token);
            var other = await group.SubmitAsync(new VaultCommand(6) { Stamp = 1 }, $"id-{number}", Token);

            again.ShouldBe(first);
            other.ShouldBeOfType<Rejected<string>>().Reason.ShouldBe(RejectionReason.RequestIdReused);
        }
    }

    [Fact]
    public async Task A_version_is_raised_by_hand_where_leaders_leave_it_to_somebody_and_refused_while_a_silo_is_behind()
    {
        var builds = new Builds();
        await using var cluster = await StartAsync(builds, static raft => raft.AutoRaise = false);
        var last = cluster.Silos[^1];
        foreach (var silo in cluster.Silos.Where(silo => silo != last).ToArray())
        {
            await RunAsync(cluster, builds, silo, build: 2);
        }

        await using var server = await ServerHost.StartAsync(silo =>
        {
            silo.AddRaft(static raft => raft.UseMemory()).AddRaftCounters(groups: 1);
            silo.Services.AddSingleton(RaftTestCluster.AdminOf(cluster.Silos.First(one => one.Name != last.Name)));
        });
        var group = GroupOf(cluster);
        (await AddAsync(group, 10)).ShouldBe("10 at version 1");

        var refused = await CommandLineRun.AtAsync(server.Address, "group", "raise", Set);
        var unknown = await CommandLineRun.AtAsync(server.Address, "group", "raise", "valuts");
        refused.ExitCode.ShouldBe(1);
        refused.Error.ShouldContain($"on {last.Name} supports version 1, not 2. Nothing was changed.");
        unknown.Error.ShouldContain("no groups of a set 'valuts'");
        (await AddAsync(group, 1)).ShouldBe("11 at version 1");
        await RunAsync(cluster, builds, last, build: 2);
        (await AddAsync(group, 1)).ShouldBe("12 at version 1");

        var raised = await CommandLineRun.AtAsync(server.Address, "group", "raise", Set);
        var again = await CommandLineRun.AtAsync(server.Address, "group", "raise", Name, "--version", "2");
        var shown = await CommandLineRun.AtAsync(server.Address, "group", "show", Name);
        var log = await CommandLineRun.AtAsync(server.Address, "group", "log", Name);

        raised.ExitCode.ShouldBe(0, raised.Error);
        raised.Output.ShouldContain($"{Name}: its state machine works at version 2.");
        again.Output.ShouldContain("work at version 2 already");
        shown.Output.ShouldContain("its state machine works at version 2");
        log.Output.ShouldContain("works at version 2 from here on");
        (await AddAsync(group, 1, fee: 3)).ShouldBe("110 at version 2");
    }

    private static Task<RaftTestCluster> StartAsync(Builds builds, Action<RaftOptions>? options = null) => RaftTestCluster.StartAsync(
        silos: 3,
        groups: 1,
        options: options,
        configure: (_, silo) =>
        {
            silo.Services.AddSingleton(builds);
            silo.AddRaftStateMachine<VaultCommand, string, Vault>(Set, groups: 1);
        });

    private static async Task RunAsync(RaftTestCluster cluster, Builds builds, InProcessSiloHandle silo, int build)
    {
        builds[silo.Name] = build;
        await cluster.RestartSiloAsync(cluster.Silos.Single(one => one.Name == silo.Name));
        await cluster.WaitUntilReadyAsync();
        await cluster.WaitUntilSpreadAsync();
    }

    private static Task IsRaisedAsync(RaftTestCluster cluster, RaftGroup<VaultCommand, string> group) => RaftTestCluster.EventuallyAsync(async () =>
    {
        // A group that sleeps is raised when it wakes.
        await group.SubmitAsync(new VaultCommand(0), cancellation: Token);
        var version = (await cluster.Admin.GetGroupAsync(Name, Token))!.MachineVersion;
        return version == 2 ? null : $"it works at version {version}";
    });

    private static Task DigestsBecomeEqualAsync(RaftTestCluster cluster) => RaftTestCluster.EventuallyAsync(async () =>
        await cluster.Admin.CompareAsync(Name, Token) is var outcome && outcome is Committed<GroupComparison> { Value.IsEqual: true }
            ? null
            : $"{outcome}");

    private static RaftGroup<VaultCommand, string> GroupOf(RaftTestCluster cluster) => cluster.Client.GetRaftGroup<VaultCommand, string>(Set, "a");

    private static async Task<string> AddAsync(RaftGroup<VaultCommand, string> group, long amount, long fee = 0)
    {
        // The client may have counted on a silo that has just been stopped.
        var id = Guid.NewGuid().ToString();
        Outcome<string> outcome;
        do
        {
            outcome = await group.SubmitAsync(new VaultCommand(amount) { Fee = fee }, id, Token);
        }
        while (outcome is Unknown<string> or Rejected<string> { Reason: RejectionReason.NoLeader or RejectionReason.Unreachable });
        return outcome.ShouldBeOfType<Committed<string>>(outcome.ToString()).Value;
    }

    /// <summary>Which build of the state machine each silo runs when it next starts, by its name; the first unless it is here.</summary>
    internal sealed class Builds : ConcurrentDictionary<string, int>;

    /// <summary>Adds up; upgraded, it adds a hundred, and takes fees off.</summary>
    internal sealed class Vault(Builds builds, ILocalSiloDetails silo) : IStateMachine<VaultCommand, string>, IVersionedStateMachine
    {
        private long sum;

        public int NewestVersion { get; } = builds.GetValueOrDefault(silo.Name, 1);

        public int Version { get; set; } = 1;

        public void Upgrade(int from, int to) => sum += 100;

        public void Apply(ReadOnlySpan<Command<VaultCommand>> commands, Span<string> results)
        {
            for (var place = 0; place < commands.Length; place++)
            {
                sum += commands[place].Value.Amount - commands[place].Value.Fee;
                results[place] = Describe();
            }
        }

        public string Query(in Command<VaultCommand> query) => Describe();

        public void Capture(IBufferWriter<byte> output) => output.Write(BitConverter.GetBytes(sum));

        public void Restore(ReadOnlyMemory<byte> snapshot) => sum = snapshot.IsEmpty ? 0 : BitConverter.ToInt64(snapshot.Span);

        private string Describe() => $"{sum} at version {Version}";
    }
}

[GenerateSerializer, Alias("test-vault-command")]
public sealed record VaultCommand([property: Id(0)] long Amount)
{
    [Id(1), Since(2)]
    public long Fee { get; init; }

    [Id(2), NotIdentity]
    public long Stamp { get; init; }
}
