using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

[Collection(nameof(ThreeSilos))]
public sealed class GroupFacadeTests(ThreeSilos fixture)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private RaftTestCluster Cluster => fixture.Cluster;

    [Fact]
    public async Task A_submitted_command_is_applied_and_a_query_sees_it()
    {
        var added = await Cluster.AddAsync("alice", 10);
        var read = RaftTestCluster.Committed(await Cluster.Ledger("alice").QueryAsync(new LedgerCommand(0), cancellation: Token));

        added.ShouldBe(new LedgerResult(10, 1));
        read.Value.ShouldBe(new LedgerResult(10, 1));
        read.Group.ShouldBe($"ledgers-{KeyHash.GroupOf("alice", 4)}");
    }

    [Fact]
    public async Task A_request_id_is_applied_once_however_often_it_is_submitted()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Cluster.AddAsync("bob", 5, "pay-bob-once")));

        answers.ShouldAllBe(answer => answer == new LedgerResult(5, 1));
        (await Cluster.AddAsync("bob", 1)).ShouldBe(new LedgerResult(6, 2));
    }

    [Fact]
    public async Task A_request_id_used_for_another_command_is_refused()
    {
        await Cluster.AddAsync("carol", 5, "pay-carol");

        var outcome = await Cluster.Ledger("carol").SubmitAsync(new LedgerCommand(6), "pay-carol", cancellation: Token);

        outcome.ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.RequestIdReused);
    }

    [Fact]
    public async Task Concurrent_commands_are_all_applied()
    {
        await Task.WhenAll(Enumerable.Range(0, 500).Select(number => Cluster.AddAsync($"many-{number % 7}", 1)));

        var sums = await Task.WhenAll(
            Enumerable.Range(0, 7).Select(number => Cluster.Ledger($"many-{number}").QueryAsync(new LedgerCommand(0), cancellation: Token)));
        sums.Sum(sum => RaftTestCluster.Committed(sum).Value.Additions).ShouldBe(500);
    }

    [Fact]
    public async Task A_stale_query_is_answered_by_any_replica()
    {
        var outcome = await Cluster.Ledger("never-written").QueryAsync(new LedgerCommand(0), ReadConsistency.Stale, cancellation: Token);

        RaftTestCluster.Committed(outcome).Value.ShouldBe(new LedgerResult(0, 0));
    }

    [Fact]
    public async Task A_lease_query_is_refused_where_leases_are_off()
    {
        var outcome = await Cluster.Ledger("alice").QueryAsync(new LedgerCommand(0), ReadConsistency.Lease, cancellation: Token);

        outcome.ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.LeaseDisabled);
    }

    [Fact]
    public async Task Every_group_of_a_set_can_be_asked()
    {
        var set = Cluster.Client.GetRaftGroupSet<LedgerCommand, LedgerResult>(RaftTestCluster.Set);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => Cluster.AddAsync($"scatter-{number}", 1)));

        var count = await set.CountGroupsAsync(cancellation: Token);
        var sums = await Task.WhenAll(
            Enumerable.Range(0, count).Select(number => set.QueryGroupAsync(number, new LedgerCommand(0), cancellation: Token)));

        count.ShouldBe(4);
        sums.Sum(sum => RaftTestCluster.Committed(sum).Value.Additions).ShouldBeGreaterThanOrEqualTo(40);
    }

    [Fact]
    public async Task An_unknown_set_is_refused()
    {
        var nowhere = Cluster.Client.GetRaftGroup<LedgerCommand, LedgerResult>("nowhere", "alice");

        var outcome = await nowhere.SubmitAsync(new LedgerCommand(1), cancellation: Token);

        outcome.ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.UnknownGroup);
    }

    [Fact]
    public async Task A_request_id_or_key_beyond_its_limit_is_refused()
    {
        var tooLongId = await Cluster.Ledger("alice").SubmitAsync(
            new LedgerCommand(1), new string('x', CommandEnvelope.RequestIdLengthMax + 1), cancellation: Token);
        var tooLongKey = await Cluster.Ledger(
            new string('k', CommandEnvelope.KeyLengthMax + 1)).SubmitAsync(new LedgerCommand(1), cancellation: Token);

        tooLongId.ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.InvalidRequest);
        tooLongKey.ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.InvalidRequest);
    }

    [Fact]
    public async Task A_plain_grain_calls_a_group_and_passes_the_outcome_on()
    {
        var teller = Cluster.Client.GetGrain<ITellerGrain>("teller");

        RaftTestCluster.Committed(await teller.DepositAsync("dave", 7)).Value.ShouldBe(new LedgerResult(7, 1));
        RaftTestCluster.Committed(await teller.DepositAsync("dave", 8)).Value.ShouldBe(new LedgerResult(15, 2));
    }

    [Fact]
    public async Task The_groups_are_listed_in_pages_with_their_replicas()
    {
        var first = await Cluster.Admin.ListGroupsAsync(null, 3, cancellation: Token);
        var second = await Cluster.Admin.ListGroupsAsync(first.Next, 3, cancellation: Token);

        first.Groups.Select(group => group.Group).ShouldBe(["ledgers-0", "ledgers-1", "ledgers-2"]);
        second.Groups.Select(group => group.Group).ShouldBe(["ledgers-3", "money-0", "money-1"]);
        second.Next.ShouldBeNull();
        first.Groups.ShouldAllBe(group => group.Replicas.Count == 3);
        await RaftTestCluster.EventuallyAsync(async () =>
            (await Cluster.Admin.ListGroupsAsync(null, 4, cancellation: Token)).Groups.All(group =>
                group.Leader is not null && group.Replicas.All(replica => replica.Snapshot is not null))
                ? null
                : "a group has no leader, or a replica that does not answer");
    }

    /// <summary>Whoever lists groups gets the digests of the last comparison, and has none made.</summary>
    [Fact]
    public async Task Replicas_are_compared_at_one_entry_when_somebody_asks_for_it()
    {
        await Cluster.AddAsync("frank", 1);
        var name = $"ledgers-{KeyHash.GroupOf("frank", 4)}";

        await RaftTestCluster.EventuallyAsync(() => Cluster.Admin.FindDifferenceAsync(name, replicas: 3, Token));
        var compared = (await Cluster.Admin.CompareAsync(name, Token)).ShouldBeOfType<Committed<GroupComparison>>().Value;
        await Cluster.AddAsync("frank", 1);
        var unknown = await Cluster.Admin.CompareAsync("ledgers-9", Token);

        (await Cluster.Admin.GetGroupAsync(name, Token))!.Replicas
            .Select(static replica => (replica.Snapshot!.DigestIndex, replica.Snapshot.Digest))
            .Distinct()
            .ShouldBe([(compared.Entry.Index, $"{compared.Replicas[0].Digest}")]);
        unknown.ShouldBeOfType<Rejected<GroupComparison>>().Reason.ShouldBe(RejectionReason.UnknownGroup);
    }

    [Fact]
    public async Task A_log_can_be_read_and_an_unknown_group_has_none()
    {
        await Cluster.AddAsync("erin", 1);
        var group = $"ledgers-{KeyHash.GroupOf("erin", 4)}";

        var entries = await Cluster.Admin.ReadLogAsync(group, LogIndex.Zero, 3, cancellation: Token);

        entries.ShouldNotBeNull().Count.ShouldBe(3);
        entries[0].Kind.ShouldBe(EntryKind.NoOp);
        (await Cluster.Admin.ReadLogAsync("nowhere-0", LogIndex.Zero, 3, cancellation: Token)).ShouldBeNull();
        (await Cluster.Admin.GetGroupAsync("nowhere-0", cancellation: Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Leadership_is_transferred_to_a_named_replica()
    {
        var leader = (await Cluster.FindLeaderAsync("ledgers-2")).Replica;
        var target = new ReplicaId(leader.Value % 3 + 1);

        // A transfer that a stall interrupts is given up; whoever asked asks again.
        Outcome<ReplicaId>? outcome = null;
        await RaftTestCluster.EventuallyAsync(async () =>
        {
            outcome = await Cluster.Admin.TransferLeadershipAsync("ledgers-2", target, cancellation: Token);
            return outcome is Rejected<ReplicaId> { Reason: RejectionReason.NoLeader } ? outcome.ToString() : null;
        });

        outcome.ShouldBeOfType<Committed<ReplicaId>>(outcome!.ToString()).Value.ShouldBe(target);
        (await Cluster.Admin.TransferLeadershipAsync("ledgers-2", new ReplicaId(9), cancellation: Token)).ShouldBeOfType<Rejected<ReplicaId>>();
    }
}
