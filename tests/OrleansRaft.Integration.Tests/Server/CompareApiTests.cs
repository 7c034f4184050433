using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Comparisons of states over HTTP: what came of one, and why there is none. The groups are scripted.</summary>
public sealed class CompareApiTests(ScriptedServer server) : IClassFixture<ScriptedServer>
{
    private const string Compare = "/api/v1/groups/counters-0/compare";

    private readonly ScriptedAdmin admin = server.Reset();

    [Theory]
    [InlineData(ComparisonVerdict.Equal, "equal")]
    [InlineData(ComparisonVerdict.Incomplete, "incomplete")]
    [InlineData(ComparisonVerdict.Diverged, "diverged")]
    [InlineData(ComparisonVerdict.NoMajority, "no-majority")]
    [InlineData(ComparisonVerdict.Undecided, "undecided")]
    public async Task A_comparison_tells_what_each_replica_made_of_the_log_or_why_it_made_nothing(ComparisonVerdict verdict, string told)
    {
        ReplicaComparison[] replicas =
        [
            new(new ReplicaId(1), "one", true, new StateDigest(0xAB, new byte[] { 1, 2 }), IsEqual: false, ""),
            new(new ReplicaId(4), null, false, null, null, "No silo hosts this replica at the moment."),
        ];
        admin.Comparison = new Committed<GroupComparison>(
            new GroupComparison("counters-0", new EntryId(new Term(3), new LogIndex(17)), verdict, replicas, "A sentence."), default, "counters-0");

        var json = (await server.Client.SendAsync(HttpMethod.Post, Compare)).ShouldBeJson();

        json.GetProperty("group").GetString().ShouldBe("counters-0");
        json.GetProperty("term").GetInt64().ShouldBe(3);
        json.GetProperty("index").GetInt64().ShouldBe(17);
        json.GetProperty("verdict").GetString().ShouldBe(told);
        json.GetProperty("detail").GetString().ShouldBe("A sentence.");
        var (one, four) = (json.GetProperty("replicas")[0], json.GetProperty("replicas")[1]);
        one.GetRawText().ShouldBe(
            """{"replica":1,"silo":"one","voter":true,"digestIndex":17,"digest":"0102","program":"00000000000000ab","equal":false,"problem":null}""");
        four.GetRawText().ShouldBe(
            """{"replica":4,"silo":null,"voter":false,"digestIndex":null,"digest":null,"program":null,"equal":null,"problem":"No silo hosts this replica at the moment."}""");
    }

    [Theory]
    [InlineData(RejectionReason.UnknownGroup, 404, "unknown-group")]
    [InlineData(RejectionReason.NoLeader, 503, "no-leader")]
    [InlineData(RejectionReason.MachineHalted, 503, "machine-halted")]
    [InlineData(RejectionReason.Overloaded, 429, "overloaded")]
    public async Task A_comparison_that_is_refused_says_why(RejectionReason reason, int status, string type)
    {
        admin.Comparison = new Rejected<GroupComparison>(reason, null, TimeSpan.FromSeconds(1), "The reason stands here.");

        var answer = await server.Client.SendAsync(HttpMethod.Post, Compare);

        answer.ShouldBeProblem(status, type).Text.ShouldContain("The reason stands here.");
    }

    [Fact]
    public async Task A_comparison_whose_leader_did_not_answer_may_have_been_made()
    {
        admin.Comparison = new Unknown<GroupComparison>("silo-2 did not answer.");

        var answer = await server.Client.SendAsync(HttpMethod.Post, Compare);

        answer.ShouldBeProblem(504, "outcome-unknown", definite: false).Text.ShouldContain("silo-2 did not answer.");
    }

    [Fact]
    public async Task A_comparison_is_asked_for_and_not_read() =>
        (await server.Client.SendAsync(HttpMethod.Get, Compare)).ShouldBeProblem(405, "method-not-allowed");
}
