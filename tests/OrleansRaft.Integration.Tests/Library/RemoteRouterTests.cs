using System.Reflection;
using OrleansRaft.Client;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>What a client concludes when a call to a silo fails, by whether it was sent and what it asked for.</summary>
public sealed class RemoteRouterTests
{
    private static readonly LedgerCommand Command = new(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_command_that_failed_on_its_way_may_have_been_applied() =>
        (await Group(() => new FailingRouter(later: new TimeoutException("no answer"))).SubmitAsync(Command, cancellation: Token))
            .ShouldBeOfType<Unknown<LedgerResult>>().Detail.ShouldContain("no answer");

    [Fact]
    public async Task A_command_that_Orleans_refuses_to_send_was_not_applied() =>
        (await Group(() => new FailingRouter(atOnce: new OrleansException("no gateway"))).SubmitAsync(Command, cancellation: Token))
            .ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.Unreachable);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_query_that_failed_changed_nothing_and_says_nothing_of_the_leader(bool isAtOnce)
    {
        var grains = ClientOf(() => isAtOnce
            ? new FailingRouter(atOnce: new OrleansException("no gateway"))
            : new FailingRouter(later: new TimeoutException("no answer")));
        var group = grains.GetRaftGroup<LedgerCommand, LedgerResult>("ledgers", "k");
        var set = grains.GetRaftGroupSet<LedgerCommand, LedgerResult>("ledgers");

        var one = await group.QueryAsync(Command, cancellation: Token);
        var numbered = await set.QueryGroupAsync(0, Command, ReadConsistency.Stale, Token);

        one.ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.Unreachable);
        numbered.ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.Unreachable);
    }

    /// <summary>Orleans says it so when the silos of a cluster lack the library altogether; they may get it in a rolling upgrade.</summary>
    [Fact]
    public async Task A_cluster_whose_silos_have_no_routers_is_asked_again_the_next_time()
    {
        var tries = 0;
        var group = Group(() => ++tries == 1
            ? throw new ArgumentException("no implementation")
            : new FailingRouter(later: new TimeoutException("no answer")));

        var first = (await group.SubmitAsync(Command, cancellation: Token)).ShouldBeOfType<Rejected<LedgerResult>>();

        first.Reason.ShouldBe(RejectionReason.UnknownGroup);
        first.Detail.ShouldContain("AddRaft");
        (await group.SubmitAsync(Command, cancellation: Token)).ShouldBeOfType<Unknown<LedgerResult>>();
    }

    private static RaftGroup<LedgerCommand, LedgerResult> Group(Func<object> router) =>
        ClientOf(router).GetRaftGroup<LedgerCommand, LedgerResult>("ledgers", "k");

    private static IGrainFactory ClientOf(Func<object> router)
    {
        var grains = DispatchProxy.Create<IGrainFactory, ScriptedGrainFactory>();
        ((ScriptedGrainFactory)grains).Grain = router;
        return grains;
    }

    /// <summary>Fails as Orleans does: some calls when they are made, others later.</summary>
    private sealed class FailingRouter(Exception? atOnce = null, Exception? later = null) : IRouterGrain<LedgerCommand, LedgerResult>
    {
        public Task<Outcome<Carried<LedgerResult>>> SubmitAsync(string key, Carried<LedgerCommand> command, string? requestId) =>
            Fail<Outcome<Carried<LedgerResult>>>();

        public Task<Outcome<Carried<LedgerResult>>> QueryAsync(string key, Carried<LedgerCommand> query, ReadConsistency consistency) =>
            Fail<Outcome<Carried<LedgerResult>>>();

        public Task<Outcome<Carried<LedgerResult>>> QueryGroupAsync(int number, Carried<LedgerCommand> query, ReadConsistency consistency) =>
            Fail<Outcome<Carried<LedgerResult>>>();

        public Task<int> CountGroupsAsync() => Fail<int>();

        private Task<T> Fail<T>() => atOnce is null ? Task.FromException<T>(later!) : throw atOnce;
    }
}
