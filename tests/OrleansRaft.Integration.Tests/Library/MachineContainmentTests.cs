using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>
/// A user's state machine throws, takes its time or never comes back: on three silos that costs its own group's writes, and nothing else.
/// </summary>
public sealed class MachineContainmentTests
{
    private const string Set = "moody";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_query_that_throws_is_a_rejection_with_its_message_and_the_group_goes_on()
    {
        await using var cluster = await StartAsync(new Mood());
        var group = GroupOf(cluster, "a");
        await AddAsync(group, 1);
        var before = await FindTermAsync(cluster);

        var failed = await group.QueryAsync(new LedgerCommand(-1), cancellation: Token);

        var rejected = failed.ShouldBeOfType<Rejected<LedgerResult>>();
        rejected.Reason.ShouldBe(RejectionReason.MachineFailed);
        rejected.Detail.ShouldContain("KeyNotFoundException: no such account");
        (await AddAsync(group, 2)).Sum.ShouldBe(3);
        (await FindTermAsync(cluster)).ShouldBe(before, "no replica was lost");
    }

    /// <summary>One that is given up after <c>Raft:AttemptTimeout</c> and asked again elsewhere would never be answered.</summary>
    [Fact]
    public async Task A_query_that_takes_longer_than_an_attempt_is_run_once_and_answered()
    {
        var mood = new Mood();
        await using var cluster = await StartAsync(mood);
        var group = GroupOf(cluster, "a");
        await AddAsync(group, 1);
        mood.QueryTakes = TimeSpan.FromSeconds(1.5);

        var answer = await group.QueryAsync(new LedgerCommand(0), cancellation: Token);

        RaftTestCluster.Committed(answer).Value.Sum.ShouldBe(1);
        mood.Queries.ShouldBe(1);
    }

    [Fact]
    public async Task Slow_commands_and_queries_of_many_callers_change_no_leader_and_each_is_run_once_and_answered()
    {
        const int Callers = 128;
        var mood = new Mood { ApplyTakes = TimeSpan.FromMilliseconds(5), QueryTakes = TimeSpan.FromMilliseconds(5) };
        await using var cluster = await StartAsync(mood);
        var before = await FindTermAsync(cluster);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, Callers)
            .Select(caller => GroupOf(cluster, $"k{caller}").SubmitAsync(new LedgerCommand(1), cancellation: Token)));

        outcomes.ShouldAllBe(outcome => outcome is Committed<LedgerResult>);
        (await FindTermAsync(cluster)).ShouldBe(before);
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(mood.Applied.Values.All(static count => count == 3)
            ? null
            : "each command is applied once by each of three replicas"));
        mood.Applied.Count.ShouldBe(Callers);

        // One of them alone is answered within no time; all together take longer than an attempt.
        var answers = await Task.WhenAll(Enumerable.Range(0, Callers)
            .Select(caller => GroupOf(cluster, $"k{caller}").QueryAsync(new LedgerCommand(0), cancellation: Token)));
        answers.ShouldAllBe(answer => answer is Committed<LedgerResult>);
        mood.Queries.ShouldBe(Callers);
        (await FindTermAsync(cluster)).ShouldBe(before);
    }

    [Fact]
    [Trait("alarm", AlarmNames.MachineHalted)]
    public async Task A_command_that_throws_everywhere_halts_its_group_alone_and_it_goes_on_with_another_program()
    {
        var mood = new Mood { Poison = 13 };
        await using var cluster = await StartAsync(mood);
        var (group, other) = (GroupOf(cluster, "a"), cluster.Ledger("other"));
        await AddAsync(group, 1);

        var poisoned = await group.SubmitAsync(new LedgerCommand(13), "poison", Token);
        poisoned.ShouldBeOfType<Unknown<LedgerResult>>();
        Rejected<LedgerResult>? refused = null;
        await RaftTestCluster.EventuallyAsync(async () =>
            (refused = await group.SubmitAsync(new LedgerCommand(2), cancellation: Token) as Rejected<LedgerResult>) is
            {
                Reason: RejectionReason.MachineHalted,
            }
                ? null
                : $"{refused}");
        refused!.Detail.ShouldContain("ArithmeticException: 13 is unlucky");
        var stale = RaftTestCluster.Committed(await group.QueryAsync(new LedgerCommand(0), ReadConsistency.Stale, Token));
        stale.Value.Sum.ShouldBe(1, "what came before is served");
        (await group.QueryAsync(new LedgerCommand(0), cancellation: Token))
            .ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.MachineHalted);

        RaftTestCluster.Committed(await other.SubmitAsync(new LedgerCommand(5), cancellation: Token));
        await RaftTestCluster.EventuallyAsync(async () => (await cluster.Admin.ListAlarmsAsync(Token)).Count(alarm =>
            alarm is { Name: AlarmNames.MachineHalted, Group: $"{Set}-0" }) == 3 ? null : "not all replicas have told");
        (await cluster.Admin.ListAlarmsAsync(Token)).ShouldAllBe(static alarm => alarm.Name == AlarmNames.MachineHalted);
        foreach (var silo in cluster.Silos)
        {
            (await RaftTestCluster.AdminOf(silo).CheckReadinessAsync(Token)).IsReady.ShouldBeTrue(silo.Name);
        }

        mood.Poison = null;

        await RaftTestCluster.EventuallyAsync(async () => await cluster.Admin.ListAlarmsAsync(Token) is [var alarm, ..] ? alarm.Detail : null);
        RaftTestCluster.Committed(await group.SubmitAsync(new LedgerCommand(13), "poison", Token))
            .Value.Sum.ShouldBe(14, "the command was in the log all the time");
    }

    [Fact]
    public async Task A_command_that_throws_on_one_silo_leaves_the_group_to_the_others()
    {
        var mood = new Mood();
        await using var cluster = await StartAsync(mood);
        var group = GroupOf(cluster, "a");
        await AddAsync(group, 1);
        mood.PoisonSilo = (await cluster.FindLeaderSiloAsync($"{Set}-0")).Name;
        mood.Poison = 13;

        await group.SubmitAsync(new LedgerCommand(13), "poison", Token);

        await RaftTestCluster.EventuallyAsync(async () =>
            await group.SubmitAsync(new LedgerCommand(13), "poison", Token) is Committed<LedgerResult> ? null : "not yet");
        (await AddAsync(group, 2)).Sum.ShouldBe(16);
        (await cluster.FindLeaderSiloAsync($"{Set}-0")).Name.ShouldNotBe(mood.PoisonSilo);
    }

    /// <summary>
    /// It passes the check at start-up, and is wanted again later: when what it needs is gone. Its replica tries again by itself when that is back,
    /// although its group sleeps and is not woken for it.
    /// </summary>
    [Fact]
    public async Task A_machine_that_cannot_be_made_any_more_is_an_alarm_its_replica_makes_a_majority_and_tries_again_while_its_group_sleeps()
    {
        var mood = new Mood();
        await using var cluster = await StartAsync(mood);
        var group = GroupOf(cluster, "a");
        await AddAsync(group, 1);
        var leader = await cluster.FindLeaderSiloAsync($"{Set}-0");
        var (broken, third) = (cluster.Silos.First(silo => silo.Name != leader.Name), cluster.Silos.Last(silo => silo.Name != leader.Name));

        mood.MadeInVain = broken.Name;
        await cluster.RestartSiloAsync(broken);
        await RaftTestCluster.EventuallyAsync(async () => (await cluster.Admin.ListAlarmsAsync(Token)).Any(static alarm =>
            alarm is { Name: AlarmNames.MachineHalted, Group: $"{Set}-0" }
                && alarm.Detail.Contains("FileNotFoundException: no ledger", StringComparison.Ordinal))
                ? null
                : "no alarm");
        await cluster.StopSiloAsync(third);

        (await CommittedAsync(group, new LedgerCommand(2), "with the log of the halted one")).Sum.ShouldBe(3);
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(AreAsleep(cluster) ? null : "somebody is awake"));
        var last = Hosted(cluster).Max(static replica => replica.Quiescence?.LastEntry.Index);
        mood.MadeInVain = null;

        await RaftTestCluster.EventuallyAsync(async () =>
            (await cluster.Admin.ListAlarmsAsync(Token)).Any(static alarm => alarm.Name == AlarmNames.MachineHalted) ? "still halted" : null);
        AreAsleep(cluster).ShouldBeTrue();
        Hosted(cluster).Max(static replica => replica.Quiescence?.LastEntry.Index).ShouldBe(last);
        (await CommittedAsync(group, new LedgerCommand(4), "afterwards")).Sum.ShouldBe(7);
    }

    [Fact]
    [Trait("alarm", AlarmNames.MachineStuck)]
    public async Task A_call_that_never_comes_back_is_an_alarm_its_leadership_moves_and_other_groups_of_the_set_go_on()
    {
        var mood = new Mood();
        await using var cluster = await StartAsync(mood, stuckAfter: TimeSpan.FromSeconds(1));
        await AddAsync(GroupOf(cluster, "a"), 1);
        using var never = new ManualResetEventSlim();
        mood.Never = never;
        mood.PoisonSilo = (await cluster.FindLeaderSiloAsync($"{Set}-0")).Name;

        var stuck = GroupOf(cluster, "a").SubmitAsync(new LedgerCommand(99), "stuck", Token);
        await RaftTestCluster.EventuallyAsync(async () => (await cluster.Admin.ListAlarmsAsync(Token)).Any(static alarm =>
            alarm is { Name: AlarmNames.MachineStuck, Group: $"{Set}-0" }) ? null : "no alarm");
        await RaftTestCluster.EventuallyAsync(async () =>
            (await cluster.FindLeaderSiloAsync($"{Set}-0")).Name != mood.PoisonSilo ? null : "leads still");
        RaftTestCluster.Committed(await cluster.Ledger("other").SubmitAsync(new LedgerCommand(5), cancellation: Token));
        await RaftTestCluster.EventuallyAsync(async () =>
            await GroupOf(cluster, "a").SubmitAsync(new LedgerCommand(99), "stuck", Token) is Committed<LedgerResult> ? null : "not yet");

        never.Set();

        await stuck;
        await RaftTestCluster.EventuallyAsync(async () => await cluster.Admin.ListAlarmsAsync(Token) is [var alarm, ..] ? alarm.Detail : null);
    }

    /// <summary>Whoever sends such an id pays for it: nobody else, and no leader.</summary>
    [Fact]
    public async Task Request_ids_of_which_an_application_cannot_tell_whose_they_are_cost_their_own_commands_alone()
    {
        using var told = new ManualResetEventSlim();
        var mood = new Mood { ScopeWaits = told };
        await using var cluster = await StartAsync(mood);
        var group = GroupOf(cluster, "a");
        await AddAsync(group, 1);

        var slow = CommittedAsync(group, new LedgerCommand(2), "slow/1");
        await CommittedAsync(cluster.Ledger("other"), new LedgerCommand(5), "slow/1");
        (await cluster.FindLeaderAsync($"{Set}-0")).Snapshot.ShouldNotBeNull("its turns do not wait");
        told.Set();
        var broken = await group.SubmitAsync(new LedgerCommand(4), "broken/1", Token);

        var rejected = broken.ShouldBeOfType<Rejected<LedgerResult>>(broken.ToString());
        rejected.Reason.ShouldBe(RejectionReason.MachineFailed);
        rejected.Detail.ShouldContain("InvalidOperationException: nobody's business");
        (await slow).Sum.ShouldBe(3);
        (await CommittedAsync(group, new LedgerCommand(8), "last")).Sum.ShouldBe(11, "the refused one was not applied");
        await RaftTestCluster.EventuallyAsync(async () => await cluster.Admin.ListAlarmsAsync(Token) is [var alarm, ..] ? alarm.Detail : null);
    }

    [Fact]
    public async Task A_machine_sees_the_invariant_culture_and_nothing_of_its_caller()
    {
        var mood = new Mood();
        await using var cluster = await StartAsync(mood);
        var caller = new AsyncLocal<string?>();
        mood.Ambient = caller;
        caller.Value = "the caller";
        RequestContext.Set("tenant", "the caller");
        var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        commas.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = commas;

        // From outside, and from within the silo that leads.
        var inside = (await cluster.FindLeaderSiloAsync($"{Set}-0")).ServiceProvider.GetRequiredService<IGrainFactory>();
        await AddAsync(GroupOf(cluster, "a"), 1);
        await AddAsync(inside.GetRaftGroup<LedgerCommand, LedgerResult>(Set, "a"), 1);

        mood.Seen.Distinct().ShouldBe(["number 1.5, ambient '', tenant ''"]);
    }

    private static async Task<RaftTestCluster> StartAsync(Mood mood, TimeSpan? stuckAfter = null)
    {
        var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 2, configure: (_, silo) =>
        {
            silo.Services.AddSingleton(mood);
            silo.Services.Configure<RaftOptions>(options => options.MachineStuckAfter = stuckAfter ?? options.MachineStuckAfter);
            silo.AddRaftStateMachine<LedgerCommand, LedgerResult, MoodyMachine>(Set, groups: 1);
        });
        await cluster.WaitUntilLeadersAreSpreadAsync();
        return cluster;
    }

    private static IEnumerable<ILocalReplica> Hosted(RaftTestCluster cluster) => cluster.Silos
        .SelectMany(static silo => silo.ServiceProvider.GetRequiredService<GroupTable>().Hosted)
        .Where(static replica => replica.Key.Group == $"{Set}-0");

    private static bool AreAsleep(RaftTestCluster cluster) => Hosted(cluster).All(static replica => replica.Quiescence is not null);

    private static async Task<Term> FindTermAsync(RaftTestCluster cluster) =>
        (await cluster.FindLeaderAsync($"{Set}-0")).Snapshot!.Status.HardState.CurrentTerm;

    private static RaftGroup<LedgerCommand, LedgerResult> GroupOf(RaftTestCluster cluster, string key) =>
        cluster.Client.GetRaftGroup<LedgerCommand, LedgerResult>(Set, key);

    /// <summary>Repeats it under its id for as long as nobody knows what became of it: a stalled machine may change leaders.</summary>
    private static async Task<LedgerResult> CommittedAsync(RaftGroup<LedgerCommand, LedgerResult> group, LedgerCommand command, string requestId)
    {
        Outcome<LedgerResult> outcome;
        do
        {
            outcome = await group.SubmitAsync(command, requestId, Token);
        }
        while (outcome is Unknown<LedgerResult>);
        return RaftTestCluster.Committed(outcome).Value;
    }

    private static async Task<LedgerResult> AddAsync(RaftGroup<LedgerCommand, LedgerResult> group, long amount) =>
        RaftTestCluster.Committed(await group.SubmitAsync(new LedgerCommand(amount), cancellation: Token)).Value;

    /// <summary>What the machines of all silos do, and what they saw.</summary>
    internal sealed class Mood
    {
        private const int TriedOut = 2;

        private int queries;
        private int madeThere;

        public TimeSpan ApplyTakes { get; set; }

        public TimeSpan QueryTakes { get; set; }

        /// <summary>What waits for it, to tell whose a request id is that begins with "slow"; null for no waiting.</summary>
        public ManualResetEventSlim? ScopeWaits { get; set; }

        /// <summary>The amount that throws; null for none.</summary>
        public long? Poison { get; set; }

        /// <summary>The only silo where it does; null for all.</summary>
        public string? PoisonSilo { get; set; }

        /// <summary>What the amount 99 waits for.</summary>
        public ManualResetEventSlim? Never { get; set; }

        /// <summary>The silo where machines are made in vain, but for those that it tries out when it starts; null for none.</summary>
        public string? MadeInVain
        {
            get;
            set => (field, madeThere) = (value, 0);
        }

        public AsyncLocal<string?>? Ambient { get; set; }

        public ConcurrentQueue<string> Seen { get; } = [];

        public ConcurrentDictionary<string, int> Applied { get; } = [];

        public int Queries => Volatile.Read(ref queries);

        public void OnQuery()
        {
            Interlocked.Increment(ref queries);

            // A user's code that blocks its thread: what the test is about, and nothing that it waits for.
            Thread.Sleep(QueryTakes);
        }

        public void OnMake(string silo)
        {
            if (silo == MadeInVain && Interlocked.Increment(ref madeThere) > TriedOut)
            {
                throw new FileNotFoundException("no ledger");
            }
        }

        public void OnScope(ReadOnlySpan<byte> requestId)
        {
            if (requestId.StartsWith("slow"u8))
            {
                ScopeWaits?.Wait();
            }

            if (requestId.StartsWith("broken"u8))
            {
                throw new InvalidOperationException("nobody's business");
            }
        }

        public void OnApply(string silo, in Command<LedgerCommand> command)
        {
            Thread.Sleep(ApplyTakes);
            Seen.Enqueue($"number {1.5.ToString(CultureInfo.CurrentCulture)}, ambient '{Ambient?.Value}', tenant '{RequestContext.Get("tenant")}'");
            var isHere = PoisonSilo is null || PoisonSilo == silo;
            if (isHere && command.Value.Amount == Poison)
            {
                throw new ArithmeticException($"{Poison} is unlucky");
            }

            if (isHere && command.Value.Amount == 99)
            {
                Never?.Wait();
            }

            Applied.AddOrUpdate($"{command.Key}@{command.Entry}", 1, static (_, count) => count + 1);
        }
    }

    internal sealed class MoodyMachine : IStateMachine<LedgerCommand, LedgerResult>, IRequestScopes
    {
        private readonly Ledger ledger = new();
        private readonly Mood mood;
        private readonly ILocalSiloDetails silo;

        public MoodyMachine(Mood mood, ILocalSiloDetails silo)
        {
            (this.mood, this.silo) = (mood, silo);
            mood.OnMake(silo.Name);
        }

        public ReadOnlySpan<byte> ScopeOf(ReadOnlySpan<byte> requestId)
        {
            mood.OnScope(requestId);
            return requestId[..Math.Max(0, requestId.IndexOf((byte)'/'))];
        }

        public void Apply(ReadOnlySpan<Command<LedgerCommand>> commands, Span<LedgerResult> results)
        {
            for (var place = 0; place < commands.Length; place++)
            {
                mood.OnApply(silo.Name, commands[place]);
                ledger.Apply(commands.Slice(place, 1), results.Slice(place, 1));
            }
        }

        public LedgerResult Query(in Command<LedgerCommand> query)
        {
            mood.OnQuery();
            return query.Value.Amount < 0 ? throw new KeyNotFoundException("no such account") : ledger.Query(query);
        }

        public void Capture(IBufferWriter<byte> output) => ledger.Capture(output);

        public void Restore(ReadOnlyMemory<byte> snapshot) => ledger.Restore(snapshot);
    }
}
