using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Server.Groups;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Replicated grains as an application uses them: from clients, silos and other grains.</summary>
[Collection(nameof(ThreeSilos))]
public sealed class ReplicatedGrainTests(ThreeSilos fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RaftTestCluster Cluster => fixture.Cluster;

    private IGrainFactory InSilo => Cluster.Silos[1].ServiceProvider.GetRequiredService<IGrainFactory>();

    [Fact]
    public async Task A_client_a_silo_and_a_grain_call_the_same_grain()
    {
        (await Cluster.Client.GetReplicatedGrain<IPurse>("ann").Put(10)).ShouldBe(10);
        (await InSilo.GetReplicatedGrain<IPurse>("ann").Put(5)).ShouldBe(15);

        (await Cluster.Client.GetGrain<IShopper>("s").Pay("ann", 7)).ShouldBe(8);

        (await Cluster.Client.GetReplicatedGrain<IPurse>("ann").Count()).ShouldBe(8);
        (await InSilo.GetReplicatedGrain<IPurse>("ann").Count()).ShouldBe(8);
        $"{Cluster.Client.GetReplicatedGrain<IPurse>("house", "ann")}".ShouldBe("test.IPurse 'ann' in 'house'");
    }

    [Fact]
    public async Task A_call_is_applied_once_under_its_id_however_often_and_from_wherever_it_is_made()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(number =>
            (number % 2 == 0 ? Cluster.Client : InSilo).GetReplicatedGrain<IPurse>("ben").With("gift").Put(5)));

        answers.ShouldAllBe(static amount => amount == 5);
        (await Should.ThrowAsync<NotCommittedException>(() => InSilo.GetReplicatedGrain<IPurse>("ben").With("gift").Put(6))).Reason
            .ShouldBe(RejectionReason.RequestIdReused);
    }

    [Fact]
    public async Task An_exception_of_a_grain_reaches_a_client_and_a_silo_with_its_members_and_nothing_is_moved()
    {
        await InSilo.GetReplicatedGrain<IPurse>("house", "cid").Put(3);
        foreach (var grains in (IGrainFactory[])[Cluster.Client, InSilo])
        {
            var thrown = await Should.ThrowAsync<EmptyPurseException>(() => grains.GetReplicatedGrain<IPurse>("house", "cid").Move("dot", 5));

            (thrown.Message, thrown.Missing).ShouldBe(("cid lacks 2", 2));
        }

        (await InSilo.GetReplicatedGrain<IPurse>("house", "cid").Sum(["cid", "dot"])).ShouldBe(3);
        (await InSilo.GetReplicatedGrain<IPurse>("house", "dot").Count()).ShouldBe(0);
    }

    [Fact]
    public async Task A_read_has_the_consistency_that_is_asked_for()
    {
        await InSilo.GetReplicatedGrain<IPurse>("eve").Put(2);

        (await Cluster.Client.GetReplicatedGrain<IPurse>("never").With(ReadConsistency.Stale).Count()).ShouldBe(0);
        (await Should.ThrowAsync<NotCommittedException>(() =>
            Cluster.Client.GetReplicatedGrain<IPurse>("eve")
                .With(ReadConsistency.Lease)
                .Count()
                .AsTask())).Reason.ShouldBe(RejectionReason.LeaseDisabled);
    }

    [Fact]
    public async Task A_set_that_does_not_exist_is_a_definite_refusal_that_names_the_interface_and_the_remedy()
    {
        foreach (var grains in (IGrainFactory[])[Cluster.Client, InSilo])
        {
            var refused = await Should.ThrowAsync<NotCommittedException>(() => grains.GetReplicatedGrain<IOrphan>("o").Call());

            refused.Reason.ShouldBe(RejectionReason.UnknownGroup);
            refused.Message.ShouldContain(typeof(IOrphan).FullName!);
            refused.Message.ShouldContain("AddReplicatedGrains");
        }
    }

    [Fact]
    public async Task A_caller_that_no_longer_waits_takes_nothing_back()
    {
        using var source = new CancellationTokenSource();
        await InSilo.GetReplicatedGrain<IPurse>("fay").Put(1);
        var call = Cluster.Client.GetReplicatedGrain<IPurse>("fay").With("once").Take(source.Token);
        await source.CancelAsync();
        try
        {
            await call;
        }
        catch (OperationCanceledException)
        {
            // Unless the answer was first.
        }

        (await Cluster.Client.GetReplicatedGrain<IPurse>("fay").With("once").Take(CancellationToken.None)).ShouldBe(0);
        (await Cluster.Client.GetReplicatedGrain<IPurse>("fay").Count()).ShouldBe(0);
    }

    [Fact]
    public async Task The_total_of_a_bank_stays_the_same_while_leaders_change()
    {
        string[] names = ["p0", "p1", "p2", "p3", "p4"];
        await Task.WhenAll(names.Select(name => InSilo.GetReplicatedGrain<IPurse>("town", name).Put(20)));
        var group = $"{Purse.Set}-{KeyHash.GroupOf("town", ThreeSilos.MoneyGroups)}";
        var moving = Task.WhenAll(Enumerable.Range(0, 60).Select(async number =>
        {
            var from = (number % 2 == 0 ? Cluster.Client : InSilo).GetReplicatedGrain<IPurse>("town", names[number % 5]);
            try
            {
                await from.With($"move-{number}").With(TimeSpan.FromMinutes(2)).Move(names[number * 3 % 5], number % 11);
            }
            catch (EmptyPurseException)
            {
                // Neither has changed.
            }

            (await from.With(TimeSpan.FromMinutes(2)).Sum(names)).ShouldBe(100);
        }));

        for (var turn = 0; turn < 3; turn++)
        {
            var leader = (await Cluster.FindLeaderAsync(group)).Replica;
            await Cluster.Admin.TransferLeadershipAsync(group, new ReplicaId(leader.Value % 3 + 1), cancellation: Token);
        }

        await moving;
        (await InSilo.GetReplicatedGrain<IPurse>("town", "p0").With(TimeSpan.FromMinutes(2)).Sum(names)).ShouldBe(100);
        await RaftTestCluster.EventuallyAsync(() => Cluster.Admin.FindDifferenceAsync(group, replicas: 3, Token));
    }

    [Fact]
    public async Task The_log_names_interface_method_and_key_of_a_call()
    {
        await InSilo.GetReplicatedGrain<IPurse>("street", "gus").Put(4);
        await InSilo.GetReplicatedGrain<IPurse>("street").Put(4);
        var group = $"{Purse.Set}-{KeyHash.GroupOf("street", ThreeSilos.MoneyGroups)}";
        var describers = new EntryDescribers(Cluster.Silos[0].ServiceProvider);
        var describer = describers.Of(group);

        var entries = (await Cluster.Admin.ReadLogAsync(group, LogIndex.Zero, 1_000, cancellation: Token)).ShouldNotBeNull();

        var texts = entries.Select(entry => EntryText.Of(entry, describer)).ToList();
        texts.ShouldContain(static text => text.Text == "test.IPurse.Put of gus in street" && text.Key == "street");
        texts.ShouldContain(static text => text.Text == "test.IPurse.Put of street");
        var named = new EntryTexts(Cluster.Admin, describers);
        var put = entries.First(entry => EntryText.Of(entry, describer).Text == "test.IPurse.Put of gus in street");
        (await named.FindAsync(group, put.Index, Token)).ShouldBe("test.IPurse.Put of gus in street");
        (await named.FindAsync(group, new LogIndex(1_000_000_000), Token)).ShouldBeNull();
        (await named.FindAsync("no-such-0", put.Index, Token)).ShouldBeNull();
    }
}
