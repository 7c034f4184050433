using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>The catalogue: a group beside the cluster row, in which sets of groups are added and changes of members are written down.</summary>
public sealed class CatalogueTests
{
    private const string Added = "accounts";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_set_that_every_silo_is_configured_with_is_added_to_a_cluster_that_exists_and_is_there_after_all_silos_have_ended()
    {
        var disk = new MemoryDisk();
        await using (var before = await StartAsync(disk))
        {
            await before.AddAsync("k", 1);
        }

        await using (var extended = await StartAsync(disk, addedGroups: 5))
        {
            (await AddWhenThereAsync(extended, 10)).Sum.ShouldBe(10);
            (await extended.AddAsync("k", 1)).Sum.ShouldBe(2, "the first set goes on");
        }

        await using var again = await StartAsync(disk, addedGroups: 5);

        (await AddWhenThereAsync(again, 10)).Sum.ShouldBe(20);
        var set = (await ReadAsync(again)).Sets.ShouldHaveSingleItem();
        set.ShouldBe(new FurtherSet(Added, 5, 3, IsCreated: true));
        (await again.Admin.ListGroupsAsync(null, 100, Token)).Groups.Count(group => group.Set == Added).ShouldBe(5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_set_that_no_silo_is_configured_with_any_more_is_deleted_with_all_that_it_held_and_its_name_is_dead(bool hasLocalStores)
    {
        MemoryDisk[] disks = hasLocalStores ? [new MemoryDisk("a"), new MemoryDisk("b")] : [new MemoryDisk()];
        await using (await StartAsync(disks))
        {
            // The cluster is created without the set.
        }

        await using (var extended = await StartAsync(disks, addedGroups: 2))
        {
            (await AddWhenThereAsync(extended, 10)).Sum.ShouldBe(10);
            (await DeleteAsync(extended, Added)).ShouldBeOfType<Rejected<int>>().Detail.ShouldContain($"is configured with '{Added}'");
            (await DeleteAsync(extended, RaftTestCluster.Set)).ShouldBeOfType<Rejected<int>>().Reason.ShouldBe(RejectionReason.InvalidRequest);
            (await DeleteAsync(extended, GroupSet.Catalogue)).ShouldBeOfType<Rejected<int>>().Reason.ShouldBe(RejectionReason.InvalidRequest);
            (await AddWhenThereAsync(extended, 1)).Sum.ShouldBe(11, "what was refused changed nothing");
        }

        // It is ready only once the set is gone: until then there are groups that nobody runs.
        var deletion = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var without = await StartAsync(disks, deletion: deletion))
        {
            (await deletion.Task.WaitAsync(Token)).ShouldBe(6, "two groups of three");
            (await DeleteAsync(without, Added)).ShouldBeOfType<Committed<int>>().Value.ShouldBe(0, "nothing is left");
            (await DeleteAsync(without, "orders")).ShouldBeOfType<Rejected<int>>().Reason.ShouldBe(RejectionReason.UnknownGroup);
            await RaftTestCluster.EventuallyAsync(async () =>
                (await without.Admin.ListGroupsAsync(null, 100, Token)).Groups.Any(static group => group.Set == Added) ? "its groups show" : null);
            foreach (var silo in without.Silos)
            {
                var stored = await silo.ServiceProvider.GetRequiredService<ILogStore>().ListReplicasAsync(Token);
                stored.ShouldNotContain(static key => key.Group.StartsWith(Added, StringComparison.Ordinal));
            }

            await without.AddAsync("k", 1);
        }

        await using var again = await StartAsync(disks, addedGroups: 2);
        (await ReadAsync(again)).Sets.ShouldBe([new FurtherSet(Added, 2, 3, IsCreated: false) { IsDeleted = true }]);
        (await again.Admin.ListGroupsAsync(null, 100, Token)).Groups.ShouldAllBe(static group => group.Set == RaftTestCluster.Set);
    }

    [Theory]
    [InlineData("orders-0", "orders", true)]
    [InlineData("orders-17", "orders", true)]
    [InlineData("orders-eu-0", "orders", false)]
    [InlineData("orders-eu-0", "orders-eu", true)]
    [InlineData("orders2-0", "orders", false)]
    [InlineData("orders", "orders", false)]
    [InlineData("orders-", "orders", false)]
    [InlineData("orders-+1", "orders", false)]
    public void A_group_is_of_the_set_whose_name_stands_before_its_number(string group, string set, bool isOf) =>
        SetDeletion.IsOf(group, set).ShouldBe(isOf);

    [Fact]
    public async Task A_set_waits_until_every_silo_is_configured_with_it()
    {
        var disk = new MemoryDisk();
        await using var cluster = await StartAsync(disk);
        var creation = cluster.Silos[0].ServiceProvider.GetRequiredService<SetCreation>();

        var obstacle = await creation.FindObstacleAsync(new GroupSet(Added, 5, 3), Token);

        obstacle.ShouldNotBeNull().ShouldContain("configure it alike and restart it");
    }

    [Fact]
    public async Task A_silo_that_is_configured_with_other_numbers_than_an_added_set_has_does_not_start()
    {
        var disk = new MemoryDisk();
        await using (var extended = await StartAsync(disk, addedGroups: 5))
        {
            await AddWhenThereAsync(extended, 10);
        }

        var refusal = await Should.ThrowAsync<StoreRefusedException>(() => StartAsync(disk, addedGroups: 7));

        refusal.Message.ShouldContain($"'{Added}' has 5 group(s) of 3 replica(s), not 7 group(s)");
    }

    [Fact]
    public async Task A_set_goes_to_the_disks_that_its_silos_hold()
    {
        var disk = new MemoryDisk("local");
        await using (var before = await StartAsync(disk, silos: 1))
        {
            await before.AddAsync("k", 1);
        }

        await using var extended = await StartAsync(disk, silos: 1, addedGroups: 2);

        (await AddWhenThereAsync(extended, 10)).Sum.ShouldBe(10);
    }

    [Fact]
    public void A_set_is_refused_where_there_is_no_catalogue_to_add_it_and_other_numbers_are_refused_everywhere()
    {
        var counters = new GroupSet("counters", 4, 3);
        var without = new ClusterDefinition("c", [counters], 1, []);
        var with = without with { Sets = [new GroupSet(GroupSet.Catalogue, 1, 3), counters] };
        var further = new GroupSet(Added, 5, 3);

        Should.Throw<StoreRefusedException>(() => ClusterRow.RequireSame("the store", without, without with { Sets = [further, counters] }))
            .Message.ShouldContain($"'{Added}' has no groups, not 5 group(s)");
        ClusterRow.RequireSame("the store", with, with with { Sets = [further, .. with.Sets] });
        Should.Throw<StoreRefusedException>(
            () => ClusterRow.RequireSame("the store", with, with with { Sets = [with.Sets[0], counters with { Groups = 5 }] }))
            .Message.ShouldContain("'counters' has 4 group(s) of 3 replica(s), not 5 group(s)");
    }

    [Fact]
    public async Task A_change_of_members_is_written_down_and_a_silo_that_starts_knows_it()
    {
        var disk = new MemoryDisk();
        await using (var cluster = await StartAsync(disk))
        {
            await cluster.WaitUntilSpreadAsync();

            // A leader that loses its place on the way does not know how the change ends: it is asked for again until it is there.
            await RaftTestCluster.EventuallyAsync(
                async () => VotersOf(await ReadAsync(cluster), "ledgers-0") is [2, 3, 4]
                    || await cluster.Admin.ChangeMembersAsync("ledgers-0", new AddMember { Replaces = new ReplicaId(1) }, null, Token)
                        is Committed<Configuration>
                    ? null
                    : "the change is not made");
            await RaftTestCluster.EventuallyAsync(
                async () => VotersOf(await ReadAsync(cluster), "ledgers-0") is [2, 3, 4] ? null : "the change is not in the catalogue");
        }

        await using var again = await StartAsync(disk);

        await RaftTestCluster.EventuallyAsync(async () =>
            VotersOf(await ReadAsync(again), "ledgers-0") is [2, 3, 4]
            && again.Silos.All(
                silo =>
                    silo.ServiceProvider.GetRequiredService<GroupTable>().Find("ledgers-0")!.Configuration.Voters is [
                        { Value: 2 }, { Value: 3 }, { Value: 4 },
                    ])
                ? null
                : "a silo does not know the members");
    }

    /// <summary>Nobody polls: whoever keeps keys on a silo without a replica of the catalogue is told of a change by those that have one.</summary>
    [Fact]
    public async Task Every_silo_hears_of_a_change_of_keys_and_of_nothing_else()
    {
        await using var cluster = await StartAsync(new MemoryDisk(), catalogueReplicas: 1);
        var access = cluster.Silos.Select(static silo => silo.ServiceProvider.GetRequiredService<IRaftAccess>()).ToList();
        var limits = new TenantLimits("acme", 5, null, null);

        var changed = (Committed<AccessContents>)await access[0].SetLimitsAsync(limits, Token);
        var noted = (Committed<AccessContents>)await access[0].NoteAuditAsync(
            [new AuditEntry(0, DateTimeOffset.UnixEpoch, "a", "b", "c", "d", "e")], Token);

        noted.Value.Revision.ShouldBe(changed.Value.Revision);
        foreach (var one in access)
        {
            (await one.WaitForChangeAsync(changed.Value.Revision - 1, Timeout.InfiniteTimeSpan, Token)).ShouldBeTrue();
            (await one.WaitForChangeAsync(changed.Value.Revision, TimeSpan.Zero, Token)).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Groups_serve_without_the_catalogue_which_does_not_show_among_them()
    {
        await using var cluster = await StartAsync(new MemoryDisk());
        await cluster.WaitUntilSpreadAsync();
        foreach (var silo in cluster.Silos)
        {
            var groups = silo.ServiceProvider.GetRequiredService<GroupTable>();
            groups.Hosted.Where(replica => replica.Slot.Group.IsCatalogue).ToList().ForEach(replica => replica.StopSoon());
        }

        (await cluster.AddAsync("k", 1)).Sum.ShouldBe(1);

        (await RaftTestCluster.AdminOf(cluster.Silos[0]).CheckReadinessAsync(Token)).IsReady.ShouldBeTrue();
        (await cluster.Admin.ListGroupsAsync(null, 100, Token)).Groups.ShouldAllBe(group => group.Set == RaftTestCluster.Set);
        (await cluster.Admin.GetGroupAsync("catalogue-0", Token)).ShouldNotBeNull();
    }

    [Fact]
    public void The_first_announcement_of_a_set_counts_and_later_words_of_members_replace_earlier_ones()
    {
        var machine = new CatalogueMachine();

        Apply(machine, 5, new BeginSet(Added, 5, 3)).Sets.ShouldBe([new FurtherSet(Added, 5, 3, IsCreated: false)]);
        Apply(machine, 6, new BeginSet(Added, 9, 3)).Sets.ShouldBe([new FurtherSet(Added, 5, 3, IsCreated: false)]);
        Apply(machine, 7, new FinishSet(Added)).Revision.ShouldBe(7);
        Apply(machine, 8, new FinishSet(Added)).Revision.ShouldBe(7);
        Apply(machine, 9, new NoteConfiguration(Known(term: 3, version: 20)));
        Apply(machine, 10, new NoteConfiguration(Known(term: 2, version: 30)));
        Apply(machine, 11, new NoteConfiguration(Known(term: 4, version: 10)));

        var contents = Ask(machine, known: 0);
        contents.Sets.ShouldBe([new FurtherSet(Added, 5, 3, IsCreated: true)]);
        contents.Configurations.ShouldHaveSingleItem().Version.ShouldBe(10);
        Ask(machine, known: 11).Configurations.ShouldBeEmpty();
    }

    [Fact]
    public void A_set_that_was_deleted_is_never_made_again()
    {
        var machine = new CatalogueMachine();
        Apply(machine, 5, new BeginSet("ledgers", 2, 3));
        Apply(machine, 6, new BeginSet(Added, 5, 3));
        Apply(machine, 7, new FinishSet("ledgers"));
        Apply(machine, 8, new NoteConfiguration(Known(term: 3, version: 20)));

        Apply(machine, 9, new DeleteSet("ledgers")).Revision.ShouldBe(9);
        Apply(machine, 10, new DeleteSet("ledgers")).Revision.ShouldBe(9);
        Apply(machine, 11, new DeleteSet("orders")).Revision.ShouldBe(9);
        Apply(machine, 12, new FinishSet("ledgers")).Revision.ShouldBe(9);
        Apply(machine, 13, new BeginSet("ledgers", 4, 3)).Revision.ShouldBe(9);

        FurtherSet[] sets = [new FurtherSet("ledgers", 2, 3, IsCreated: false) { IsDeleted = true }, new FurtherSet(Added, 5, 3, IsCreated: false)];
        var restored = new CatalogueMachine();
        restored.Restore(new MemoryStream(Capture(machine)));
        Ask(machine, known: 0).Sets.ShouldBe(sets);
        Ask(machine, known: 0).Configurations.ShouldBeEmpty();
        Ask(restored, known: 0).Sets.ShouldBe(sets);
        restored.StateDigest.ShouldBe(machine.StateDigest);
    }

    [Fact]
    public void A_snapshot_holds_everything_and_equal_states_have_equal_bytes()
    {
        var machine = new CatalogueMachine();
        Apply(machine, 5, new BeginSet(Added, 5, 3));
        Apply(machine, 6, new NoteConfiguration(Known(term: 3, version: 20)));
        var restored = new CatalogueMachine();

        restored.Restore(new MemoryStream(Capture(machine)));

        restored.StateDigest.ShouldBe(machine.StateDigest);
        Capture(restored).ShouldBe(Capture(machine));
        Ask(restored, known: 0).Configurations.ShouldHaveSingleItem().Group.ShouldBe("ledgers-0");
        Should.Throw<CorruptDataException>(() => restored.Restore(new MemoryStream([9]))).Message.ShouldContain("version 9");
        restored.Restore(Stream.Null);
        Ask(restored, known: 1).Sets.ShouldBeEmpty();
    }

    /// <summary>What a former program wrote: revision, sets, and configurations, each behind its number.</summary>
    [Fact]
    public void A_snapshot_of_the_former_form_is_still_read()
    {
        var configuration = ConfigurationCodec.Encode(Configuration.OfVoters(3)).ToArray();
        byte[] former =
        [
            1, 6, 2, 1, (byte)'b', 5, 3, 1, 1, (byte)'a', 2, 1, 0,
            1, 9, .. "ledgers-0"u8, 3, 20, (byte)configuration.Length, .. configuration,
        ];
        var machine = new CatalogueMachine();

        machine.Restore(new MemoryStream(former));

        var contents = Ask(machine, known: 0);
        contents.Revision.ShouldBe(6);
        contents.Sets.ShouldBe([new FurtherSet("b", 5, 3, IsCreated: true), new FurtherSet("a", 2, 1, IsCreated: false)]);
        contents.Configurations.ShouldHaveSingleItem().Configuration.ToArray().ShouldBe(configuration);
        for (var length = 1; length < former.Length; length++)
        {
            Should.Throw<CorruptDataException>(() => new CatalogueMachine().Restore(new MemoryStream(former[..length])));
        }
    }

    private static Task<RaftTestCluster> StartAsync(
        MemoryDisk disk, int silos = 3, int addedGroups = 0, int catalogueReplicas = 3) => RaftTestCluster.StartAsync(
        silos: silos,
        disk: disk,
        configure: (_, silo) =>
        {
            silo.AddRaftCatalogue(catalogueReplicas);
            if (addedGroups > 0)
            {
                silo.AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>(Added, addedGroups);
            }
        });

    private static Task<RaftTestCluster> StartAsync(
        MemoryDisk[] disks, int addedGroups = 0, TaskCompletionSource<int>? deletion = null) => RaftTestCluster.StartAsync(
        silos: 2,
        groups: 2,
        disk: disks[0],
        disks: disks.Length > 1 ? disks : null,
        configure: (place, silo) =>
        {
            silo.AddRaftCatalogue();
            if (addedGroups > 0)
            {
                silo.AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>(Added, addedGroups);
            }

            if (deletion is not null && place == 0)
            {
                silo.Services.AddSingleton<IHostedService>(services => new Deleter(services.GetRequiredService<IRaftCatalogue>(), deletion));
            }
        });

    private static Task<Outcome<int>> DeleteAsync(RaftTestCluster cluster, string set) =>
        cluster.Silos[0].ServiceProvider.GetRequiredService<IRaftCatalogue>().DeleteSetAsync(set, Token);

    private static async Task<LedgerResult> AddWhenThereAsync(RaftTestCluster cluster, long amount)
    {
        var requestId = Guid.NewGuid().ToString();
        Outcome<LedgerResult>? outcome = null;
        await RaftTestCluster.EventuallyAsync(async () =>
        {
            outcome = await cluster.Client.GetRaftGroup<LedgerCommand, LedgerResult>(Added, "k").SubmitAsync(
                new LedgerCommand(amount), requestId, Token);
            return outcome is Committed<LedgerResult> ? null : outcome.ToString();
        });
        return RaftTestCluster.Committed(outcome!).Value;
    }

    private static async Task<CatalogueContents> ReadAsync(RaftTestCluster cluster) =>
        (await cluster.Silos[0].ServiceProvider.GetRequiredService<IRaftCatalogue>().ReadAsync(cancellation: Token)) switch
        {
            Committed<CatalogueContents> read => read.Value,
            _ => CatalogueContents.Empty,
        };

    private static long[] VotersOf(CatalogueContents contents, string group) =>
        contents.Configurations.FirstOrDefault(known => known.Group == group) is { } known
            ? [.. ConfigurationCodec.Decode(known.Configuration).Voters.Select(voter => voter.Value)]
            : [];

    private static KnownConfiguration Known(long term, long version) =>
        new("ledgers-0", term, version, ConfigurationCodec.Encode(Configuration.OfVoters(3)).ToArray());

    private static CatalogueContents Apply(CatalogueMachine machine, long index, CatalogueCommand command)
    {
        var results = new CatalogueContents[1];
        machine.Apply([new Command<CatalogueCommand>(command, "k", new EntryId(new Term(1), new LogIndex(index)), LogTime.Zero)], results);
        return results[0];
    }

    private static CatalogueContents Ask(CatalogueMachine machine, long known) =>
        machine.Query(new Command<CatalogueCommand>(new ReadCatalogue(known), "", new EntryId(new Term(1), new LogIndex(99)), LogTime.Zero));

    private static byte[] Capture(CatalogueMachine machine)
    {
        var output = new ArrayBufferWriter<byte>();
        using var view = machine.TakeView();
        view.Write(output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Deletes the added set, as soon as the silo can.</summary>
    private sealed class Deleter(IRaftCatalogue catalogue, TaskCompletionSource<int> done) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            while (true)
            {
                if (await catalogue.DeleteSetAsync(Added, stoppingToken) is Committed<int> deleted)
                {
                    done.SetResult(deleted.Value);
                    return;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(50), stoppingToken);
            }
        }
    }
}
