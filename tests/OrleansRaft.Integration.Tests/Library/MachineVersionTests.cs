using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.TestingHost;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.Grains.Levels;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Integration.Tests.Server;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Levels;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>
/// Three silos go over to a newer program, one by one, and some go back: to a newer build of a state machine, and to a later feature level.
/// </summary>
public sealed class MachineVersionTests
{
    private const string Set = "vaults";
    private const string Name = $"{Set}-0";
    private const string Stalls = "stalls";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("alarm", AlarmNames.VersionBehind)]
    public async Task Silos_go_over_to_a_newer_build_one_by_one_and_one_that_goes_back_serves_nothing_until_it_is_new_again()
    {
        var builds = new Builds { Level = FeatureLevels.Oldest };
        await using var cluster = await StartAsync(builds);
        var group = GroupOf(cluster);
        var answers = new Dictionary<string, string>();
        var customers = new Customers(cluster.Client);
        (await AddAsync(group, 10)).ShouldBe("10 at version 1");
        await RememberAsync(group, answers, "before");

        // One goes over and back again, before the others are where it was: nothing has been used that it would not know.
        builds.Level = FeatureLevels.Newest;
        var first = cluster.Silos[0];
        await RunAsync(cluster, builds, first, build: 2);
        await RememberAsync(group, answers, "over");
        builds.Level = FeatureLevels.Oldest;
        await RunAsync(cluster, builds, first, build: 1);
        await RememberAsync(group, answers, "back");
        builds.Level = FeatureLevels.Newest;
        foreach (var (done, silo) in cluster.Silos.ToArray().Index())
        {
            (await LevelAsync(cluster)).ShouldBe(FeatureLevels.Oldest, "a silo does not support more");
            await RememberAsync(group, answers, $"upgrade-{done}");
            await Should.ThrowAsync<NotCommittedException>(() => cluster.Client.GetReplicatedGrain<ICounterDesk>("s").Return(1));
            await RaftTestCluster.EventuallyAsync(async () =>
                await group.SubmitAsync(new VaultCommand(1) { Fee = 1 }, $"early-{done}", Token) is var early
                    && early is Rejected<string> { Reason: RejectionReason.VersionNotRaised } ? null : early.ToString());
            await RunAsync(cluster, builds, silo, build: 2);

            // When the last silo has gone over, the version is raised before that or after it.
            var sum = 11 + done;
            (await AddAsync(group, 1)).ShouldBeOneOf(done < 2 ? [$"{sum} at version 1"] : [$"{sum} at version 1", $"{sum + 100} at version 2"]);
        }

        await IsRaisedAsync(cluster, group);
        await GoOverAsync(cluster, customers);
        await RaftTestCluster.EventuallyAsync(async () => await LevelAsync(cluster) is FeatureLevels.Newest ? null : "the level is not raised");
        (await AddAsync(group, 7, fee: 2)).ShouldBe("118 at version 2");
        foreach (var (id, answer) in answers)
        {
            (await SubmitAsync(group, new VaultCommand(0), id)).ShouldBe(answer, $"'{id}' was acknowledged with that");
        }

        await CannotGoBackAsync(cluster, builds);
        await RaftTestCluster.EventuallyAsync(async () => await UtcAsync(cluster, group) is null ? "not every silo has told its clock" : null);
        (await UtcAsync(cluster, group)).ShouldNotBeNull().ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(10));

        // Where a later program is, replicas live there; where there is none, they keep their logs and votes.
        string[] names = [.. cluster.Silos.Select(static silo => silo.Name)];
        await RestartAsync(cluster, builds, names[^1], build: 1);
        (await AddAsync(group, 1)).ShouldBe("119 at version 2");
        await RaftTestCluster.EventuallyAsync(async () =>
            (await cluster.Admin.GetGroupAsync(Name, Token))!.Replicas.All(replica => replica.Silo is { } silo && silo != names[^1])
                ? null
                : "not placed");
        await RestartAsync(cluster, builds, names[0], build: 1);
        await RestartAsync(cluster, builds, names[1], build: 1);
        Alarm? alarm = null;
        await RaftTestCluster.EventuallyAsync(async () =>
        {
            alarm = (await cluster.Admin.ListAlarmsAsync(Token)).FirstOrDefault(static one => one is { Name: AlarmNames.VersionBehind, Group: Name });
            return alarm is null ? "no alarm" : null;
        });
        alarm!.Detail.ShouldContain("works at version 2, and this program supports 1");
        alarm.Remedy.ShouldContain("Start a program");

        await RestartAsync(cluster, builds, names[^1], build: 2);
        (await AddAsync(group, 1)).ShouldBe("120 at version 2", "with the logs and the votes of the others");
        await RestartAsync(cluster, builds, names[0], build: 2);
        await RunAsync(cluster, builds, cluster.Silos.Single(silo => silo.Name == names[1]), build: 2);
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
        var builds = new Builds { Level = FeatureLevels.Oldest };
        await using var cluster = await StartAsync(builds, static raft => (raft.AutoRaise, raft.AutoFinalize) = (false, false));
        builds.Level = FeatureLevels.Newest;
        var last = cluster.Silos[^1];
        foreach (var silo in cluster.Silos.Where(silo => silo != last).ToArray())
        {
            await RunAsync(cluster, builds, silo, build: 2);
        }

        await using var server = await ServerHost.StartAsync(silo =>
        {
            silo.AddRaft(static raft => raft.UseMemory()).AddRaftCounters(groups: 1);
            silo.Services.AddSingleton(RaftTestCluster.AdminOf(cluster.Silos.First(one => one.Name != last.Name)));
            silo.Services.AddSingleton(cluster.Silos.First(one => one.Name != last.Name).ServiceProvider.GetRequiredService<IRaftLevels>());
        });
        var group = GroupOf(cluster);
        (await AddAsync(group, 10)).ShouldBe("10 at version 1");

        var refused = await CommandLineRun.AtAsync(server.Address, "group", "raise", Set);
        var unknown = await CommandLineRun.AtAsync(server.Address, "group", "raise", "valuts");
        refused.ExitCode.ShouldBe(1);
        refused.Error.ShouldContain($"on {last.Name} supports version 1, not 2. Nothing was changed.");
        unknown.Error.ShouldContain("no groups of a set 'valuts'");
        (await AddAsync(group, 1)).ShouldBe("11 at version 1");
        await IsNotFinalizedAsync(server, last.Name);
        await RunAsync(cluster, builds, last, build: 2);
        await IsFinalizedByHandAsync(server, cluster, last);
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

    /// <summary>Nothing is half done: a silo that is there is not left behind, whatever is said of it.</summary>
    private static async Task IsNotFinalizedAsync(ServerHost server, string last)
    {
        var refused = await CommandLineRun.AtAsync(server.Address, "cluster", "finalize");
        var present = await CommandLineRun.AtAsync(server.Address, "cluster", "finalize", "--without", last);
        var unknown = await CommandLineRun.AtAsync(server.Address, "cluster", "finalize", "--without", "nobody");
        var shown = await CommandLineRun.AtAsync(server.Address, "cluster", "versions");

        refused.ExitCode.ShouldBe(5, refused.Error);
        refused.Error.ShouldContain($"these silos' programs support no later one: '{last}'");
        present.Error.ShouldContain($"The silo '{last}' is there, and would be left behind");
        unknown.Error.ShouldContain("No silo of the name 'nobody' is known");
        shown.Output.ShouldContain("works at feature level 1.");
    }

    private static async Task IsFinalizedByHandAsync(ServerHost server, RaftTestCluster cluster, InProcessSiloHandle last)
    {
        var waits = await CommandLineRun.AtAsync(server.Address, "cluster", "versions");
        (await LevelAsync(cluster)).ShouldBe(FeatureLevels.Oldest, "nobody has asked for it");
        var raised = await CommandLineRun.AtAsync(server.Address, "cluster", "finalize");
        var again = await CommandLineRun.AtAsync(server.Address, "cluster", "finalize");

        waits.Output.ShouldContain($"All its silos support {FeatureLevels.Newest}: `oraft cluster finalize` lets it go over to that.");
        waits.Output.ShouldContain(last.Name);
        raised.ExitCode.ShouldBe(0, raised.Error);
        raised.Output.ShouldContain($"works at feature level {FeatureLevels.Newest} from now on");
        again.Output.ShouldContain($"works at feature level {FeatureLevels.Newest} already");
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            cluster.Silos.All(static silo => silo.ServiceProvider.GetRequiredService<ClusterLevel>().InForce == FeatureLevels.Newest)
                ? null
                : "a silo has not heard of it"));
    }

    private static Task<RaftTestCluster> StartAsync(Builds builds, Action<RaftOptions>? options = null) => RaftTestCluster.StartAsync(
        silos: 3,
        groups: 1,
        options: options,
        configure: (_, silo) =>
        {
            silo.Services.AddSingleton(builds);
            silo.Services.AddOptions<RaftOptions>().Configure<IOptions<SiloOptions>>(
                (raft, named) => raft.LevelMax = builds.Levels.GetOrAdd(named.Value.SiloName, builds.Level));
            silo.AddRaftStateMachine<VaultCommand, string, Vault>(Set, groups: 1);
            silo.AddReplicatedGrains(
                Stalls,
                groups: 1,
                grains => (builds.Starting == 1 ? grains.Add<FormerStall>("stall") : grains.Add<Stall>("stall")).Versions(newest: builds.Starting));
        });

    private static async Task RestartAsync(RaftTestCluster cluster, Builds builds, string silo, int build)
    {
        builds[silo] = build;
        builds.Starting = build;
        builds.Levels[silo] = builds.Level;
        await cluster.RestartSiloAsync(cluster.Silos.Single(one => one.Name == silo));
    }

    private static async Task RunAsync(RaftTestCluster cluster, Builds builds, InProcessSiloHandle silo, int build)
    {
        await RestartAsync(cluster, builds, silo.Name, build);
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

    /// <summary>A replicated grain goes over, too, while customers buy: its new method and member are there, and it charges more.</summary>
    private static async Task GoOverAsync(RaftTestCluster cluster, Customers customers)
    {
        await RaftTestCluster.EventuallyAsync(async () =>
            (await cluster.Admin.GetGroupAsync($"{Stalls}-0", Token))!.MachineVersion is 2 ? null : "the stall is not raised");
        await customers.BuyMoreAsync();
        await customers.RequireEveryPurchaseAsync();
        var sold = await customers.Stall.Look();
        (await cluster.Client.GetReplicatedGrain<ICounterDesk>("s").Return(4)).ShouldBe(4);
        (await customers.Stall.Look()).ShouldBe(sold - 4);
    }

    private static Task DigestsBecomeEqualAsync(RaftTestCluster cluster) => RaftTestCluster.EventuallyAsync(async () =>
        await cluster.Admin.CompareAsync(Name, Token) is var outcome && outcome is Committed<GroupComparison> { Value.IsEqual: true }
            ? null
            : $"{outcome}");

    private static RaftGroup<VaultCommand, string> GroupOf(RaftTestCluster cluster) => cluster.Client.GetRaftGroup<VaultCommand, string>(Set, "a");

    private static Task<string> AddAsync(RaftGroup<VaultCommand, string> group, long amount, long fee = 0) =>
        SubmitAsync(group, new VaultCommand(amount) { Fee = fee }, Guid.NewGuid().ToString());

    private static async Task<string> SubmitAsync(RaftGroup<VaultCommand, string> group, VaultCommand command, string id)
    {
        // The client may have counted on a silo that has just been stopped.
        Outcome<string> outcome;
        do
        {
            outcome = await group.SubmitAsync(command, id, Token);
        }
        while (outcome is Unknown<string>
            or Rejected<string> { Reason: RejectionReason.NoLeader or RejectionReason.Unreachable or RejectionReason.VersionBehind });
        return outcome.ShouldBeOfType<Committed<string>>(outcome.ToString()).Value;
    }

    private static async Task RememberAsync(RaftGroup<VaultCommand, string> group, Dictionary<string, string> answers, string id) =>
        answers[id] = await SubmitAsync(group, new VaultCommand(0), id);

    private static async Task<int> LevelAsync(RaftTestCluster cluster) =>
        (await cluster.Silos[0].ServiceProvider.GetRequiredService<IRaftLevels>().DescribeAsync(Token))
            .ShouldBeOfType<Committed<LevelsView>>().Value.InForce;

    /// <summary>A silo with the former program does not start any more, and says why.</summary>
    private static async Task CannotGoBackAsync(RaftTestCluster cluster, Builds builds)
    {
        builds.Level = FeatureLevels.Oldest;
        (await Should.ThrowAsync<Exception>(cluster.StartSiloAsync())).ToString()
            .ShouldContain($"works at feature level {FeatureLevels.Newest}, and this program supports levels up to {FeatureLevels.Oldest}");
        builds.Level = FeatureLevels.Newest;
    }

    private static async Task<DateTimeOffset?> UtcAsync(RaftTestCluster cluster, RaftGroup<VaultCommand, string> group)
    {
        await AddAsync(group, 0);
        return cluster.Silos[0].ServiceProvider.GetRequiredService<Builds>().Utc;
    }

    /// <summary>Which build of the state machine each silo runs when it next starts, by its name; the first unless it is here.</summary>
    internal sealed class Builds : ConcurrentDictionary<string, int>
    {
        /// <summary>The newest feature level of programs that are started from now on.</summary>
        public int Level { get; set; } = FeatureLevels.Newest;

        /// <summary>The build of the silo that starts next.</summary>
        public int Starting { get; set; } = 1;

        /// <summary>That of each silo.</summary>
        public ConcurrentDictionary<string, int> Levels { get; } = new();

        /// <summary>What time it was, as a state machine was told last.</summary>
        public DateTimeOffset? Utc { get; set; }
    }

    /// <summary>Adds up; upgraded, it adds a hundred, and takes fees off.</summary>
    internal sealed class Vault(Builds builds, ILocalSiloDetails silo) : IStateMachine<VaultCommand, string>, IVersionedStateMachine, IFormerBuild
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
                builds.Utc = commands[place].Utc;
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
