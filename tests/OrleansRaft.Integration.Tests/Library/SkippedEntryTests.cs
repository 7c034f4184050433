using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Integration.Tests.Server;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary><c>oraft group skip</c>, over HTTP, on three silos whose state machines are halted.</summary>
public sealed class SkippedEntryTests
{
    private const string Set = "moody";
    private const string Name = $"{Set}-0";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_halted_group_goes_on_behind_the_entry_that_is_skipped_and_its_command_is_refused_for_good()
    {
        await using var cluster = await StartAsync(new MachineContainmentTests.Mood { Poison = 13 });
        await using var server = await ServerHost.StartAsync(silo =>
        {
            silo.AddRaft(static raft => raft.UseMemory()).AddRaftCounters(groups: 1);
            silo.Services.AddSingleton(cluster.Admin);
        });
        var group = GroupOf(cluster);
        await AddAsync(group, 1);
        (await group.SubmitAsync(new LedgerCommand(13), "poison", Token)).ShouldBeOfType<Unknown<LedgerResult>>();
        var entry = await FindHaltedAsync(cluster, count: 3);
        var shown = await CommandLineRun.AtAsync(server.Address, "group", "show", Name);
        shown.Output.ShouldContain($"halted at entry {entry}: Apply threw ArithmeticException: 13 is unlucky.");

        var wrong = await SkipAsync(server, entry + 1, "--yes");
        var unasked = await SkipAsync(server, entry);
        var skipped = await SkipAsync(server, entry, "--yes");

        wrong.ExitCode.ShouldBe(1);
        wrong.Error.ShouldContain($"No replica of {Name} is halted at entry {entry + 1}");
        unasked.ExitCode.ShouldBe(2);
        unasked.Error.ShouldContain("may have been given a result");
        unasked.Error.ShouldContain("Give --yes");
        skipped.ExitCode.ShouldBe(0, skipped.Error);
        skipped.Output.ShouldContain($"{Name}: entry {entry} is skipped");
        skipped.Output.ShouldContain("may have been given a result");
        await RaftTestCluster.EventuallyAsync(async () => await cluster.Admin.ListAlarmsAsync(Token) is [var alarm, ..] ? alarm.Detail : null);
        (await AddAsync(group, 2)).Sum.ShouldBe(3);
        var repeated = (await group.SubmitAsync(new LedgerCommand(13), "poison", Token)).ShouldBeOfType<Rejected<LedgerResult>>();
        repeated.Reason.ShouldBe(RejectionReason.Skipped);
        repeated.Detail.ShouldContain($"entry {entry}");
        RaftTestCluster.Committed(await group.QueryAsync(new LedgerCommand(0), cancellation: Token)).Value.Sum.ShouldBe(3);
        await RaftTestCluster.EventuallyAsync(() => cluster.Admin.FindDifferenceAsync(Name, replicas: 3, Token));

        (await SkipAsync(server, entry, "--yes")).ExitCode.ShouldBe(0);
        (await SkipAsync(server, entry + 2, "--yes")).Error.ShouldContain("nothing is skipped");
        (await CommandLineRun.AtAsync(server.Address, "group", "show", Name)).Output.ShouldContain($"never applied: entry {entry}");
        (await CommandLineRun.AtAsync(server.Address, "group", "log", Name)).Output.ShouldContain("never applied, by decision of an operator");
    }

    [Fact]
    public async Task An_entry_that_another_replica_has_applied_is_not_skipped()
    {
        var mood = new MachineContainmentTests.Mood();
        await using var cluster = await StartAsync(mood);
        var group = GroupOf(cluster);
        await AddAsync(group, 1);
        mood.PoisonSilo = (await cluster.FindLeaderSiloAsync(Name)).Name;
        mood.Poison = 13;
        await RaftTestCluster.EventuallyAsync(async () =>
            await group.SubmitAsync(new LedgerCommand(13), "poison", Token) is Committed<LedgerResult> ? null : "not yet");
        var entry = await FindHaltedAsync(cluster, count: 1);

        var refused = (await cluster.Admin.SkipEntryAsync(Name, new LogIndex(entry), Token)).ShouldBeOfType<Rejected<EntryId>>();

        refused.Reason.ShouldBe(RejectionReason.InvalidRequest);
        refused.Detail.ShouldContain($"has applied entry {entry}, so it is not skipped");
        (await cluster.Admin.SkipEntryAsync($"{Set}-9", new LogIndex(entry), Token))
            .ShouldBeOfType<Rejected<EntryId>>().Reason.ShouldBe(RejectionReason.UnknownGroup);
        (await AddAsync(group, 2)).Sum.ShouldBe(16);
    }

    private static Task<CommandLineRun> SkipAsync(ServerHost server, long entry, params string[] options) => CommandLineRun.AtAsync(
        server.Address, ["group", "skip", Name, "--entry", entry.ToString(CultureInfo.InvariantCulture), .. options]);

    private static async Task<long> FindHaltedAsync(RaftTestCluster cluster, int count)
    {
        long entry = 0;
        await RaftTestCluster.EventuallyAsync(async () =>
        {
            var replicas = (await cluster.Admin.GetGroupAsync(Name, Token))!.Replicas;
            var halted = replicas.Where(static replica => replica.Snapshot?.HaltedAt is not null).ToList();
            entry = halted.Select(static replica => replica.Snapshot!.HaltedAt!.Value.Index.Value).FirstOrDefault();
            return halted.Count == count ? null : $"{halted.Count} replicas are halted";
        });
        return entry;
    }

    private static async Task<RaftTestCluster> StartAsync(MachineContainmentTests.Mood mood)
    {
        var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 1, configure: (_, silo) =>
        {
            silo.Services.AddSingleton(mood);
            silo.AddRaftStateMachine<LedgerCommand, LedgerResult, MachineContainmentTests.MoodyMachine>(Set, groups: 1);
        });
        await cluster.WaitUntilLeadersAreSpreadAsync();
        return cluster;
    }

    private static RaftGroup<LedgerCommand, LedgerResult> GroupOf(RaftTestCluster cluster) =>
        cluster.Client.GetRaftGroup<LedgerCommand, LedgerResult>(Set, "a");

    private static async Task<LedgerResult> AddAsync(RaftGroup<LedgerCommand, LedgerResult> group, long amount) =>
        RaftTestCluster.Committed(await group.SubmitAsync(new LedgerCommand(amount), cancellation: Token)).Value;
}
