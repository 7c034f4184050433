using System.Text.Json;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>
/// Changes of leaders and members over HTTP: what is read from a request, and what each outcome is answered as. The groups are scripted.
/// </summary>
public sealed class MemberApiTests(ScriptedServer server) : IClassFixture<ScriptedServer>
{
    private const string Leader = "/api/v1/groups/counters-0/leader";
    private const string Members = "/api/v1/groups/counters-0/members";
    private const string Skip = "/api/v1/groups/counters-0/skip";

    private readonly ScriptedAdmin admin = server.Reset();

    public static TheoryData<string, MembershipGoal, long?> Additions => new()
    {
        { """{}""", new AddMember(), null },
        { """{"replica":4,"version":17}""", new AddMember { Replica = new ReplicaId(4) }, 17 },
        { """{"replica":4,"learner":true}""", new AddMember { Replica = new ReplicaId(4), AsLearner = true }, null },
        { """{"replaces":2,"version":0}""", new AddMember { Replaces = new ReplicaId(2) }, 0 },
        { """{"silo":"silo-4"}""", new AddMember { Silo = "silo-4" }, null },
        { """{"voters":5}""", new ResizeGroup(5), null },
        { """{"voters":1,"force":true}""", new ResizeGroup(1) { Force = true }, null },
    };

    [Theory]
    [MemberData(nameof(Additions))]
    public async Task A_post_says_who_is_to_join_and_for_which_version(string body, MembershipGoal goal, long? version)
    {
        await server.Client.SendAsync(HttpMethod.Post, Members, body);

        admin.Goals.ShouldHaveSingleItem().ShouldBe((goal, version is { } number ? new LogIndex(number) : null));
    }

    [Theory]
    [InlineData("?replica=3&version=9", null)]
    [InlineData("", """{"replica":3,"version":9}""")]
    public async Task A_delete_names_who_leaves_in_its_parameters_or_in_its_body(string parameters, string? body)
    {
        await server.Client.SendAsync(HttpMethod.Delete, Members + parameters, body);

        admin.Goals.ShouldHaveSingleItem().ShouldBe((new RemoveMember(new ReplicaId(3)), new LogIndex(9)));
    }

    [Theory]
    [InlineData("?replica=3&force=true", null)]
    [InlineData("", """{"replica":3,"force":true}""")]
    public async Task A_delete_may_insist(string parameters, string? body)
    {
        await server.Client.SendAsync(HttpMethod.Delete, Members + parameters, body);

        admin.Goals.ShouldHaveSingleItem().ShouldBe((new RemoveMember(new ReplicaId(3)) { Force = true }, null));
    }

    [Theory]
    [InlineData("POST", Leader, """{"replica":0}""", "replica")]
    [InlineData("POST", Leader, """{}""", "replica")]
    [InlineData("POST", Leader, """{"silo":"a"}""", "silo")]
    [InlineData("POST", Skip, "", "body")]
    [InlineData("POST", Skip, """{"entry":0}""", "entry")]
    [InlineData("POST", Skip, """{"entry":"17"}""", "entry")]
    [InlineData("POST", Skip, """{"index":17}""", "index")]
    [InlineData("POST", Members, "", "body")]
    [InlineData("POST", Members, "[]", "body")]
    [InlineData("POST", Members, "{", "body")]
    [InlineData("POST", Members, """{"replica":0}""", "replica")]
    [InlineData("POST", Members, """{"replica":1.5}""", "replica")]
    [InlineData("POST", Members, """{"replica":4,"replica":5}""", "replica")]
    [InlineData("POST", Members, """{"version":-1}""", "version")]
    [InlineData("POST", Members, """{"learner":"yes"}""", "learner")]
    [InlineData("POST", Members, """{"silo":""}""", "silo")]
    [InlineData("POST", Members, """{"voters":5,"replica":4}""", "voters")]
    [InlineData("POST", Members, """{"member":4}""", "member")]
    [InlineData("POST", Members, """{"voters":5,"force":"yes"}""", "force")]
    [InlineData("POST", Members, """{"replica":4,"force":true}""", "force")]
    [InlineData("DELETE", Members + "?replica=3&force=yes", null, "force")]
    [InlineData("DELETE", Members, null, "replica")]
    [InlineData("DELETE", Members + "?replica=x", null, "replica")]
    [InlineData("DELETE", Members + "?replica=3&version=x", null, "version")]
    [InlineData("DELETE", Members + "?replica=3&replica=4", null, "replica")]
    [InlineData("DELETE", Members, """{"replica":3,"voters":2}""", "body")]
    public async Task A_request_that_makes_no_sense_names_the_field_and_changes_nothing(string method, string path, string? body, string field)
    {
        var answer = await server.Client.SendAsync(new HttpMethod(method), path, body);

        answer.ShouldBeProblem(400, "invalid-request", field);
        admin.Goals.ShouldBeEmpty();
        admin.Skips.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(RejectionReason.ConfigurationConflict, 409, "configuration-conflict")]
    [InlineData(RejectionReason.InvalidRequest, 400, "invalid-request")]
    [InlineData(RejectionReason.UnknownGroup, 404, "unknown-group")]
    [InlineData(RejectionReason.NoLeader, 503, "no-leader")]
    public async Task A_refused_change_is_a_problem_that_says_why_and_that_nothing_was_changed(RejectionReason reason, int status, string type)
    {
        admin.Change = new Rejected<Configuration>(reason, null, TimeSpan.FromSeconds(1), "The reason stands here.");

        var answer = await server.Client.SendAsync(HttpMethod.Post, Members, """{"replica":4}""");

        answer.ShouldBeProblem(status, type);
        answer.Text.ShouldContain("The reason stands here.");
    }

    [Fact]
    public async Task A_skip_that_is_refused_names_the_entry_and_says_why()
    {
        admin.Skip = new Rejected<EntryId>(RejectionReason.InvalidRequest, null, TimeSpan.Zero, "Nothing is halted there.");

        var answer = await server.Client.SendAsync(HttpMethod.Post, Skip, """{"entry":17}""");

        answer.ShouldBeProblem(400, "invalid-request", "entry").Text.ShouldContain("Nothing is halted there.");
        admin.Skips.ShouldBe([new LogIndex(17)]);
    }

    [Fact]
    public async Task A_group_tells_what_it_passes_over_and_where_its_replicas_are_halted()
    {
        var status = new RaftStatus(
            new ReplicaId(1),
            RaftRole.Leader,
            default,
            new ReplicaId(1),
            default,
            default,
            default,
            SnapshotDescriptor.Initial(Configuration.OfVoters(1)),
            Configuration.OfVoters(1),
            [],
            0);
        var replica = new ReplicaStatus(new ReplicaKey("counters-0", new ReplicaId(1)), 1, true, status, null)
        {
            HaltedAt = new EntryId(new Term(2), new LogIndex(21)),
            HaltCause = "Apply threw.",
            Skipped = SkippedEntries.None.With(new LogIndex(17)),
        };
        var view = new ReplicaView(new ReplicaId(1), "one", "here", replica, "");
        admin.Groups.Add(new GroupView("counters-0", "counters", 0, null, Term.Zero, [view], Configuration.OfVoters(1)));
        admin.Skip = new Committed<EntryId>(default, default, "counters-0");

        var group = (await server.Client.SendAsync(HttpMethod.Post, Skip, """{"entry":17}""")).ShouldBeJson();

        group.GetProperty("skipped").EnumerateArray().Select(entry => entry.GetInt64()).ShouldBe([17]);
        group.GetProperty("replicas")[0].GetProperty("haltedAt").GetInt64().ShouldBe(21);
        group.GetProperty("replicas")[0].GetProperty("haltCause").GetString().ShouldBe("Apply threw.");
    }

    [Fact]
    public async Task A_change_of_unknown_outcome_says_that_it_may_have_been_made()
    {
        admin.Change = new Unknown<Configuration>("silo-2 did not answer.");

        var answer = await server.Client.SendAsync(HttpMethod.Post, Members, """{"replica":4}""");

        answer.ShouldBeProblem(504, "outcome-unknown", definite: false).Text.ShouldContain("silo-2 did not answer.");
    }

    [Fact]
    public async Task A_change_that_was_made_answers_with_the_group_as_it_is_then()
    {
        admin.Groups.Add(new GroupView("counters-0", "counters", 0, null, Term.Zero, [], Configuration.OfVoters(4)));
        admin.Change = new Committed<Configuration>(Configuration.OfVoters(4), default, "counters-0");

        var group = (await server.Client.SendAsync(HttpMethod.Post, Members, """{"replica":4}""")).ShouldBeJson();

        group.GetProperty("configuration").GetProperty("voters").EnumerateArray().Select(voter => voter.GetInt64()).ShouldBe([1, 2, 3, 4]);
        group.GetProperty("leader").ValueKind.ShouldBe(JsonValueKind.Null);
    }
}
