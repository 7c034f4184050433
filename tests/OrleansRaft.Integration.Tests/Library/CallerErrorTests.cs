using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>
/// What the caller did wrong is told as such, from inside a silo and from outside: never as an outcome that is unknown, or as a leader that is
/// missing.
/// </summary>
public sealed class CallerErrorTests(OneSilo fixture) : IClassFixture<OneSilo>
{
    private static readonly CancellationToken Cancelled = new(canceled: true);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_group_that_no_factory_made_says_so()
    {
        var group = default(RaftGroup<LedgerCommand, LedgerResult>);
        var set = default(RaftGroupSet<LedgerCommand, LedgerResult>);

        group.Key.ShouldBe("");
        (
            await Should.ThrowAsync<InvalidOperationException>(
                () => group.SubmitAsync(new LedgerCommand(1), cancellation: Token))).Message.ShouldContain("GetRaftGroup");
        (
            await Should.ThrowAsync<InvalidOperationException>(
                () => group.QueryAsync(new LedgerCommand(1), cancellation: Token))).Message.ShouldContain("GetRaftGroup");
        (await Should.ThrowAsync<InvalidOperationException>(() => set.CountGroupsAsync(Token))).Message.ShouldContain("GetRaftGroupSet");
        (
            await Should.ThrowAsync<InvalidOperationException>(
                () => set.QueryGroupAsync(0, new LedgerCommand(1), cancellation: Token))).Message.ShouldContain("GetRaftGroupSet");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_command_or_query_that_is_null_is_an_argument_that_is_null(bool isInside)
    {
        var group = fixture.Factory(isInside).GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "null");
        var set = fixture.Factory(isInside).GetRaftGroupSet<LedgerCommand, LedgerResult>(RaftTestCluster.Set);

        (await Should.ThrowAsync<ArgumentNullException>(() => group.SubmitAsync(null!, cancellation: Token))).ParamName.ShouldBe("command");
        (await Should.ThrowAsync<ArgumentNullException>(() => group.QueryAsync(null!, cancellation: Token))).ParamName.ShouldBe("query");
        (await Should.ThrowAsync<ArgumentNullException>(() => set.QueryGroupAsync(0, null!, cancellation: Token))).ParamName.ShouldBe("query");
        Should.Throw<ArgumentNullException>(() => fixture.Factory(isInside).GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, null!));
        Should.Throw<ArgumentNullException>(() => fixture.Factory(isInside).GetRaftGroup<LedgerCommand, LedgerResult>(null!, "key"));
        Should.Throw<ArgumentNullException>(() => fixture.Factory(isInside).GetRaftGroupSet<LedgerCommand, LedgerResult>(null!));
    }

    /// <summary>Two of them would be one and the same in UTF-8: one caller's command would be taken for a repetition of the other's.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_or_request_id_with_half_a_character_is_refused(bool isInside)
    {
        var grains = fixture.Factory(isInside);

        var key = await grains.GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "a\ud800").SubmitAsync(
            new LedgerCommand(1), cancellation: Token);
        var asked = await grains.GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "\udc00").QueryAsync(
            new LedgerCommand(1), cancellation: Token);
        var id = await grains.GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "half").SubmitAsync(
            new LedgerCommand(1), "\ud801!", Token);
        var whole = await grains.GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "\U0001F600").SubmitAsync(
            new LedgerCommand(1), "\U0001F600", Token);

        Refusal(key).Reason.ShouldBe(RejectionReason.InvalidRequest);
        Refusal(asked).Reason.ShouldBe(RejectionReason.InvalidRequest);
        Refusal(id).Reason.ShouldBe(RejectionReason.InvalidRequest);
        whole.ShouldBeOfType<Committed<LedgerResult>>();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_that_was_cancelled_before_the_call_lets_nothing_be_sent(bool isInside)
    {
        var group = fixture.Factory(isInside).GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, $"cancelled-{isInside}");
        var set = fixture.Factory(isInside).GetRaftGroupSet<LedgerCommand, LedgerResult>(RaftTestCluster.Set);

        for (var number = 0; number < 10; number++)
        {
            (
                await Should.ThrowAsync<OperationCanceledException>(
                    () => group.SubmitAsync(new LedgerCommand(1), cancellation: Cancelled))).CancellationToken.ShouldBe(Cancelled);
        }

        await Should.ThrowAsync<OperationCanceledException>(() => group.QueryAsync(new LedgerCommand(1), cancellation: Cancelled));
        await Should.ThrowAsync<OperationCanceledException>(() => set.QueryGroupAsync(0, new LedgerCommand(1), cancellation: Cancelled));
        await Should.ThrowAsync<OperationCanceledException>(() => set.CountGroupsAsync(Cancelled));
        (await group.SubmitAsync(new LedgerCommand(1), cancellation: Token)).ShouldBeOfType<Committed<LedgerResult>>().Value.Additions.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_token_that_is_cancelled_during_the_call_ends_the_wait_and_the_command_may_still_be_applied(bool isInside)
    {
        var group = fixture.Factory(isInside).GetRaftGroup<Parcel, long>(OneSilo.Parcels, "cancelled");
        using var cancellation = new CancellationTokenSource();
        fixture.Office.Gate.Reset();

        var call = group.SubmitAsync(new Parcel(ParcelOffice.Slow), $"cancelled-{isInside}", cancellation.Token);
        await cancellation.CancelAsync();

        (await Should.ThrowAsync<OperationCanceledException>(() => call)).CancellationToken.ShouldBe(cancellation.Token);
        fixture.Office.Gate.Set();
        var first = await UntilCommittedAsync(group, $"cancelled-{isInside}");
        (await UntilCommittedAsync(group, $"cancelled-{isInside}")).ShouldBe(first);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_value_that_cannot_be_written_is_refused_with_its_type_and_was_never_sent(bool isInside)
    {
        var group = fixture.Factory(isInside).GetRaftGroup<Parcel, long>(OneSilo.Parcels, "unwritten");
        var before = await UntilCommittedAsync(group, $"before-{isInside}");

        var submitted = Refusal(await group.SubmitAsync(new Parcel(new Unserializable("x")), cancellation: Token));
        var asked = Refusal(await group.QueryAsync(new Parcel(new Unserializable("x")), cancellation: Token));

        submitted.Reason.ShouldBe(RejectionReason.InvalidRequest);
        submitted.Detail.ShouldContain(nameof(Unserializable));
        submitted.Detail.ShouldContain("[GenerateSerializer]");
        asked.Reason.ShouldBe(RejectionReason.InvalidRequest);
        asked.Detail.ShouldContain(nameof(Unserializable));
        (await UntilCommittedAsync(group, $"after-{isInside}")).ShouldBe(before + 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Another_type_of_results_or_commands_than_the_sets_is_named_beside_the_right_one(bool isInside)
    {
        var grains = fixture.Factory(isInside);

        var wrongResult = grains.GetRaftGroup<LedgerCommand, string>(RaftTestCluster.Set, "wrong");
        var wrongCommand = grains.GetRaftGroup<Parcel, LedgerResult>(RaftTestCluster.Set, "wrong");
        var wrongSet = grains.GetRaftGroupSet<LedgerCommand, int>(RaftTestCluster.Set);

        var result = await Should.ThrowAsync<InvalidCastException>(() => wrongResult.SubmitAsync(new LedgerCommand(1), cancellation: Token));
        var query = await Should.ThrowAsync<InvalidCastException>(() => wrongResult.QueryAsync(new LedgerCommand(1), cancellation: Token));
        var command = await Should.ThrowAsync<InvalidCastException>(() => wrongCommand.SubmitAsync(new Parcel(1), cancellation: Token));
        var set = await Should.ThrowAsync<InvalidCastException>(() => wrongSet.QueryGroupAsync(0, new LedgerCommand(1), cancellation: Token));

        result.Message.ShouldContain(typeof(LedgerResult).FullName!);
        result.Message.ShouldContain(typeof(string).FullName!);
        query.Message.ShouldBe(result.Message);
        command.Message.ShouldContain(typeof(LedgerCommand).FullName!);
        command.Message.ShouldContain(typeof(Parcel).FullName!);
        set.Message.ShouldContain(typeof(int).FullName!);
        var read = await grains.GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "wrong").QueryAsync(
            new LedgerCommand(0), cancellation: Token);
        read.ShouldBeOfType<Committed<LedgerResult>>().Value.Additions.ShouldBe(0);
    }

    /// <summary>A client knows that it cannot read the answer before it sends the command.</summary>
    [Fact]
    public async Task A_result_that_a_client_has_no_serializer_for_is_refused_before_anything_is_sent()
    {
        var group = fixture.Factory(isInside: false).GetRaftGroup<LedgerCommand, Unserializable>(RaftTestCluster.Set, "bare");

        var submitted = Refusal(await group.SubmitAsync(new LedgerCommand(1), cancellation: Token));
        var asked = Refusal(await group.QueryAsync(new LedgerCommand(1), cancellation: Token));

        submitted.Reason.ShouldBe(RejectionReason.InvalidRequest);
        submitted.Detail.ShouldContain(nameof(Unserializable));
        asked.Reason.ShouldBe(RejectionReason.InvalidRequest);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_set_or_group_that_there_is_not_is_refused_with_those_that_there_are(bool isInside)
    {
        var grains = fixture.Factory(isInside);

        var noSet = Refusal(
            await grains.GetRaftGroup<LedgerCommand, LedgerResult>("ledger", "a").SubmitAsync(new LedgerCommand(1), cancellation: Token));
        var noGroup = Refusal(
            await grains.GetRaftGroupSet<LedgerCommand, LedgerResult>(RaftTestCluster.Set).QueryGroupAsync(
                2, new LedgerCommand(1), cancellation: Token));

        noSet.Reason.ShouldBe(RejectionReason.UnknownGroup);
        noSet.Detail.ShouldContain("'ledgers'");
        noSet.Detail.ShouldContain("AddRaftStateMachine");
        noGroup.Reason.ShouldBe(RejectionReason.UnknownGroup);
        noGroup.Detail.ShouldContain("2");
        (await grains.GetRaftGroupSet<LedgerCommand, LedgerResult>("ledger").CountGroupsAsync(Token)).ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_query_that_takes_too_long_is_not_called_a_missing_leader(bool isInside)
    {
        var group = fixture.Factory(isInside).GetRaftGroup<Parcel, long>(OneSilo.Parcels, "slow");
        fixture.Office.Gate.Reset();
        try
        {
            var outcome = Refusal(await group.QueryAsync(new Parcel(ParcelOffice.Slow), cancellation: Token));

            outcome.Reason.ShouldNotBe(RejectionReason.NoLeader);
            outcome.Detail.ShouldContain("Raft:SubmitTimeout");
        }
        finally
        {
            fixture.Office.Gate.Set();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Silos_without_AddRaft_are_told_as_such(bool isInside)
    {
        var builder = new InProcessTestClusterBuilder(1);
        await using var cluster = builder.Build();
        await cluster.DeployAsync(Token);
        var grains = isInside ? cluster.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>() : cluster.Client;
        var group = grains.GetRaftGroup<LedgerCommand, LedgerResult>(RaftTestCluster.Set, "a");

        var submitted = Refusal(await group.SubmitAsync(new LedgerCommand(1), cancellation: Token));
        var asked = Refusal(await group.QueryAsync(new LedgerCommand(1), cancellation: Token));

        submitted.Reason.ShouldBe(RejectionReason.UnknownGroup);
        submitted.Detail.ShouldContain("AddRaft");
        asked.Detail.ShouldBe(submitted.Detail);
    }

    private static Rejected<T> Refusal<T>(Outcome<T> outcome) => outcome.ShouldBeOfType<Rejected<T>>(outcome.ToString());

    private static async Task<long> UntilCommittedAsync(RaftGroup<Parcel, long> group, string requestId)
    {
        long value = 0;
        await RaftTestCluster.EventuallyAsync(async () =>
        {
            var outcome = await group.SubmitAsync(new Parcel(ParcelOffice.Slow), requestId, Token);
            value = outcome is Committed<long> committed ? committed.Value : 0;
            return outcome is Committed<long> ? null : outcome.ToString();
        });
        return value;
    }
}
