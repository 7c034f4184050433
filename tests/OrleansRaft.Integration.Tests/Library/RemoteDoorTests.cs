using OrleansRaft.Grains.Client;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>What a client concludes when a call to a silo fails, by whether it was sent and what it asked for.</summary>
public sealed class RemoteDoorTests
{
    private static readonly LedgerCommand Command = new(1);

    [Fact]
    public async Task A_command_that_failed_on_its_way_may_have_been_applied() =>
        (await Door(later: new TimeoutException("no answer")).SubmitAsync("k", Command, null)).ShouldBeOfType<Unknown<LedgerResult>>().Detail.ShouldContain("no answer");

    [Fact]
    public async Task A_command_that_Orleans_refuses_to_send_was_not_applied() =>
        (await Door(atOnce: new OrleansException("no gateway")).SubmitAsync("k", Command, null)).ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.Unreachable);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_query_that_failed_changed_nothing_and_says_nothing_of_the_leader(bool isAtOnce)
    {
        var door = isAtOnce ? Door(atOnce: new OrleansException("no gateway")) : Door(later: new TimeoutException("no answer"));

        (await door.QueryAsync("k", Command, ReadConsistency.Linearizable)).ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.Unreachable);
        (await door.QueryGroupAsync(0, Command, ReadConsistency.Stale)).ShouldBeOfType<Rejected<LedgerResult>>().Reason.ShouldBe(RejectionReason.Unreachable);
    }

    /// <summary>Orleans says it so when the silos of a cluster lack the library altogether; they may get it in a rolling upgrade.</summary>
    [Fact]
    public async Task A_cluster_whose_silos_have_no_routers_is_asked_again_the_next_time()
    {
        var tries = 0;
        var door = new RemoteDoor<LedgerCommand, LedgerResult>(
            () => ++tries == 1 ? throw new ArgumentException("no implementation") : new FailingRouter(null, new TimeoutException("no answer")), services: null);

        var first = (await door.SubmitAsync("k", Command, null)).ShouldBeOfType<Rejected<LedgerResult>>();

        first.Reason.ShouldBe(RejectionReason.UnknownGroup);
        first.Detail.ShouldContain("AddRaft");
        (await door.SubmitAsync("k", Command, null)).ShouldBeOfType<Unknown<LedgerResult>>();
    }

    private static RemoteDoor<LedgerCommand, LedgerResult> Door(Exception? atOnce = null, Exception? later = null) =>
        new(() => new FailingRouter(atOnce, later), services: null);

    /// <summary>Fails as Orleans does: some calls when they are made, others later.</summary>
    private sealed class FailingRouter(Exception? atOnce, Exception? later) : IRaftRouter<LedgerCommand, LedgerResult>
    {
        public Task<Outcome<LedgerResult>> SubmitAsync(string key, LedgerCommand command, string? requestId) => Fail<Outcome<LedgerResult>>();

        public Task<Outcome<LedgerResult>> QueryAsync(string key, LedgerCommand query, ReadConsistency consistency) => Fail<Outcome<LedgerResult>>();

        public Task<Outcome<LedgerResult>> QueryGroupAsync(int number, LedgerCommand query, ReadConsistency consistency) => Fail<Outcome<LedgerResult>>();

        public Task<int> CountGroupsAsync() => Fail<int>();

        private Task<T> Fail<T>() => atOnce is null ? Task.FromException<T>(later!) : throw atOnce;
    }
}
