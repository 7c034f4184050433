using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.TestingHost;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Levels;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Members of a running group: added, replaced, removed, under load.</summary>
public sealed class MembershipTests
{
    private const string Group = "ledgers-0";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Three_voters_become_five_and_three_again_under_load_and_nothing_is_lost()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 5, groups: 1);
        await cluster.WaitUntilSpreadAsync();
        await cluster.AddAsync("k", 1);
        using var stopping = new CancellationTokenSource();
        var adding = AddUntilAsync(cluster, stopping.Token);

        var five = Voters(await cluster.Admin.ChangeMembersAsync(Group, new ResizeGroup(5), null, Token));
        await cluster.WaitUntilSpreadAsync();
        var three = Voters(await cluster.Admin.ChangeMembersAsync(Group, new ResizeGroup(3), null, Token));

        await stopping.CancelAsync();
        var acknowledged = await adding;
        five.ShouldBe([1, 2, 3, 4, 5]);
        three.Length.ShouldBe(3);
        (await cluster.AddAsync("k", 1)).Sum.ShouldBe(acknowledged + 2);
        await RaftTestCluster.EventuallyAsync(async () =>
            (await cluster.Admin.GetGroupAsync(Group, Token))!.Replicas.Select(replica => replica.Replica.Value).ToArray() is var left
                && left.SequenceEqual(three)
                ? null
                : $"{string.Join(", ", left)} still belong to it");
    }

    [Fact]
    public async Task A_voter_is_replaced_in_one_step_even_the_leader_and_its_number_is_not_used_again()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 4, groups: 1);
        await cluster.WaitUntilSpreadAsync();
        await cluster.AddAsync("k", 5);
        var leader = (await cluster.FindLeaderAsync(Group)).Replica;

        var replaced = Voters(await cluster.Admin.ChangeMembersAsync(Group, new AddMember { Replaces = leader }, null, Token));
        var again = await cluster.Admin.ChangeMembersAsync(Group, new AddMember { Replica = leader }, null, Token);
        var next = Voters(await cluster.Admin.ChangeMembersAsync(Group, new AddMember(), null, Token));

        replaced.ShouldBe(new[] { 1L, 2, 3, 4 }.Where(voter => voter != leader.Value));
        Refused(again, RejectionReason.InvalidRequest).ShouldContain("has a history");
        next.ShouldBe([.. replaced, 5]);
        (await cluster.AddAsync("k", 5)).ShouldBe(new LedgerResult(10, 2));

        // What is left of the one that was replaced is deleted, and nothing of a member.
        (await DeletedAsync(cluster)).ShouldBe([leader.Value]);
        (await DeletedAsync(cluster)).ShouldBeEmpty();
        (await cluster.AddAsync("k", 5)).ShouldBe(new LedgerResult(15, 3));
    }

    [Fact]
    public async Task A_silo_that_leaves_for_good_leaves_nothing_behind_in_its_own_store()
    {
        MemoryDisk[] disks = [new("a"), new("b"), new("c"), new("d")];
        await using var cluster = await RaftTestCluster.StartAsync(
            silos: 4, groups: 3, disks: disks, configure: static (_, silo) => silo.AddRaftCatalogue());
        await cluster.AddAsync("k", 5);
        var leaving = cluster.Silos.First(silo => StoreOf(silo) == "a");
        var admin = RaftTestCluster.AdminOf(cluster.Silos.First(silo => silo != leaving));
        var bound = (await BoundToAsync(admin, "a")).Count;

        var unknown = await admin.DecommissionAsync("nobody", Token);
        var isLeaving = false;
        var moved = 0;
        while (!isLeaving)
        {
            // Leaderships move meanwhile, so that the outcome of a step may be unknown, or its group without a leader: it is sent again, as an
            // operator would.
            var step = await admin.DecommissionAsync(leaving.Name, Token);
            if (step is Committed<Decommissioning> { Value: var done })
            {
                (moved, isLeaving) = (moved + done.Moved, done.IsLeaving);
            }
            else
            {
                (step is Unknown<Decommissioning> || step is Rejected<Decommissioning> { RetryAfter.Ticks: > 0 }).ShouldBeTrue(step.ToString());
            }
        }

        unknown.ShouldBeOfType<Rejected<Decommissioning>>().Detail.ShouldContain(leaving.Name, customMessage: "it names those there are");
        bound.ShouldBeGreaterThan(0);
        moved.ShouldBeLessThanOrEqualTo(bound + 1, "those that are listed, and perhaps the catalogue's");
        (await BoundToAsync(admin, "a")).ShouldBeEmpty();
        await RaftTestCluster.EventuallyAsync(() => Task.FromResult(
            leaving.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested
                ? null
                : "it was not told"));
        await cluster.StopSiloAsync(leaving);
        (await cluster.AddAsync("k", 5)).Sum.ShouldBe(10);
        (await cluster.Silos[0].ServiceProvider.GetRequiredService<IRaftLevels>().DescribeAsync(Token)).ShouldBeOfType<Committed<LevelsView>>()
            .Value.Silos.Select(static silo => silo.Name).ShouldNotContain(leaving.Name, "no level waits for it");
        var last = cluster.Silos.Count;
        last.ShouldBe(3);
        (await RaftTestCluster.AdminOf(cluster.Silos[0]).DecommissionAsync(cluster.Silos[1].Name, Token))
            .ShouldBeOfType<Rejected<Decommissioning>>("every other silo holds a replica of each group").Detail.ShouldContain("nowhere to go");
    }

    private static string? StoreOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<ILogStore>().LocalId;

    private static async Task<List<string>> BoundToAsync(IRaftAdmin admin, string store) =>
    [
        .. from view in (await admin.ListGroupsAsync(null, 100, Token)).Groups
           from member in view.Configuration.Members
           where member.Store == store
           select $"{view.Group}/{member.Id}",
    ];

    private static async Task<long[]> DeletedAsync(RaftTestCluster cluster)
    {
        var outcome = await cluster.Admin.DeleteRemovedAsync(Group, Token);
        return [.. outcome.ShouldBeOfType<Committed<IReadOnlyList<ReplicaId>>>(outcome.ToString()).Value.Select(static replica => replica.Value)];
    }

    [Fact]
    public async Task Members_that_took_the_first_ones_places_come_to_life_again_after_all_silos_have_ended()
    {
        var disk = new MemoryDisk();
        await using (var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 1, disk: disk))
        {
            await cluster.WaitUntilSpreadAsync();
            await cluster.AddAsync("k", 5);
            foreach (var replaced in new[] { 1, 2 })
            {
                (
                    await cluster.Admin.ChangeMembersAsync(
                        Group, new AddMember { Replaces = new ReplicaId(replaced) }, null, Token)).ShouldBeOfType<Committed<Configuration>>();
            }
        }

        await using var again = await RaftTestCluster.StartAsync(silos: 3, groups: 1, disk: disk);

        (await again.AddAsync("k", 5)).ShouldBe(new LedgerResult(10, 2));
        (await again.Admin.GetGroupAsync(Group, Token))!.Configuration.Voters.ShouldBe([new ReplicaId(3), new ReplicaId(4), new ReplicaId(5)]);
    }

    [Fact]
    public void A_configuration_that_a_lost_leader_never_committed_is_taken_back_by_the_word_of_the_next()
    {
        var group = new GroupEntry(new GroupSet("ledgers", 1, 3), 0, Configuration.OfVoters(3));
        var uncommitted = Configuration.OfVoters(2) with { Version = new LogIndex(20) };

        group.Learn(uncommitted, new Term(4));
        group.Learn(Configuration.OfVoters(3), Term.Zero);
        group.Configuration.ShouldBe(uncommitted);
        group.Learn(Configuration.OfVoters(3), new Term(5));
        group.Learn(uncommitted, new Term(4));

        group.Configuration.ShouldBe(Configuration.OfVoters(3));
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_with_a_sentence_and_changes_nothing()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 1);
        await cluster.WaitUntilSpreadAsync();
        var admin = cluster.Admin;

        Refused(
            await admin.ChangeMembersAsync("ledgers-9", new AddMember(), null, Token), RejectionReason.UnknownGroup).ShouldContain("list the groups");
        Refused(
            await admin.ChangeMembersAsync(Group, new RemoveMember(new ReplicaId(9)), null, Token),
            RejectionReason.InvalidRequest).ShouldContain("its members are 1, 2, 3");
        Refused(
            await admin.ChangeMembersAsync(Group, new AddMember { Silo = "nowhere" }, null, Token),
            RejectionReason.InvalidRequest).ShouldContain("the active ones are");
        Refused(
            await admin.ChangeMembersAsync(Group, new AddMember(), new LogIndex(999), Token),
            RejectionReason.ConfigurationConflict).ShouldContain("read the group again");
        Refused(
            await admin.ChangeMembersAsync(Group, new ResizeGroup(0), null, Token), RejectionReason.InvalidRequest).ShouldContain("1 to 7 voters");
        Refused(
            await admin.ChangeMembersAsync(Group, new AddMember { Replica = new ReplicaId(long.MaxValue) }, null, Token),
            RejectionReason.InvalidRequest).ShouldContain("next one chosen");
        (await admin.GetGroupAsync(Group, Token))!.Configuration.ShouldBe(Configuration.OfVoters(3));
        Voters(await admin.ChangeMembersAsync(Group, new AddMember(), null, Token)).ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public async Task Two_changes_for_one_version_make_one_change()
    {
        await using var cluster = await RaftTestCluster.StartAsync(silos: 3, groups: 1);
        await cluster.WaitUntilSpreadAsync();
        var version = (await cluster.Admin.GetGroupAsync(Group, Token))!.Configuration.Version;

        var outcomes = await Task.WhenAll(Enumerable.Range(4, 2).Select(number =>
            cluster.Admin.ChangeMembersAsync(Group, new AddMember { Replica = new ReplicaId(number), AsLearner = true }, version, Token)));

        outcomes.OfType<Committed<Configuration>>().ShouldHaveSingleItem();
        outcomes.OfType<Rejected<Configuration>>().ShouldHaveSingleItem().Reason.ShouldBe(RejectionReason.ConfigurationConflict);
    }

    private static async Task<long> AddUntilAsync(RaftTestCluster cluster, CancellationToken stopping)
    {
        var acknowledged = 0L;
        while (!stopping.IsCancellationRequested)
        {
            var id = $"add-{acknowledged}";
            while (await cluster.Ledger("k").SubmitAsync(new LedgerCommand(1), id, Token) is not Committed<LedgerResult>)
            {
                Token.ThrowIfCancellationRequested();
            }

            acknowledged++;
        }

        return acknowledged;
    }

    private static long[] Voters(Outcome<Configuration> outcome) =>
        [.. outcome.ShouldBeOfType<Committed<Configuration>>(outcome.ToString()).Value.Voters.Select(voter => voter.Value)];

    private static string Refused(Outcome<Configuration> outcome, RejectionReason reason)
    {
        var rejection = outcome.ShouldBeOfType<Rejected<Configuration>>(outcome.ToString());
        rejection.Reason.ShouldBe(reason, rejection.Detail);
        return rejection.Detail;
    }
}
