using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Dashboard;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>What the server does by itself, whatever its groups do: they are scripted.</summary>
public sealed class MountedServerTests(ScriptedServer server) : IClassFixture<ScriptedServer>
{
    private readonly ScriptedAdmin admin = server.Reset();

    private HttpClient Client => server.Client;

    [Theory]
    [InlineData("GET", "/nothing")]
    [InlineData("GET", "/api/v1")]
    [InlineData("POST", "/api/v2/groups")]
    [InlineData("GET", "/openapi/v2.json")]
    [InlineData("GET", "/page/nothing.js")]
    public async Task What_is_served_nowhere_is_a_problem(string method, string path) =>
        (await Client.SendAsync(new HttpMethod(method), path)).ShouldBeProblem(404, "not-found");

    [Theory]
    [InlineData("POST", "/api/v1/groups", "GET")]
    [InlineData("GET", "/api/v1/tenants/a/counters/b/increment", "POST")]
    [InlineData("POST", "/api/v1/tenants/a/counters/b", "GET, PUT, DELETE")]
    [InlineData("PATCH", "/api/v1/tenants/a/counters/b", "GET, PUT, DELETE")]
    [InlineData("DELETE", "/health/live", "GET")]
    [InlineData("POST", "/metrics", "GET")]
    [InlineData("POST", "/", "GET, HEAD")]
    public async Task A_method_that_a_path_does_not_know_is_a_problem_that_lists_those_it_knows(string method, string path, string allowed)
    {
        var answer = await Client.SendAsync(new HttpMethod(method), path);

        answer.ShouldBeProblem(405, "method-not-allowed");
        answer.Allow.Order().ShouldBe(allowed.Split(", ").Order());
    }

    [Fact]
    public async Task A_silo_that_is_not_ready_says_what_it_waits_for_and_when_to_ask_again()
    {
        admin.Readiness = new RaftReadiness(false, "Replicas catch up with their groups, counters-9/2 for one.");

        var answer = await Client.AskAsync("/health/ready");

        answer.ShouldBeProblem(503, "not-ready");
        answer.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
        answer.Text.ShouldContain("counters-9/2");
        (await Client.AskAsync("/health/live")).ShouldBeJson().GetProperty("status").GetString().ShouldBe("live");
    }

    [Fact]
    public async Task A_silo_that_has_caught_up_is_ready_whatever_is_wrong_elsewhere()
    {
        admin.Alarms.Add(
            new Alarm(AlarmNames.Leaderless, "counters-3", null, DateTimeOffset.UnixEpoch, "counters-3 has no leader.", "Start its silos."));

        (await Client.AskAsync("/health/ready")).ShouldBeJson().GetProperty("status").GetString().ShouldBe("ready");
    }

    [Fact]
    public async Task Alarms_are_told_with_group_or_silo_since_when_and_what_to_do_and_none_is_an_empty_list()
    {
        (await Client.AskAsync("/health/alarms")).ShouldBeJson().GetRawText().ShouldBe("""{"alarms":[]}""");
        admin.Alarms.Add(
            new Alarm(AlarmNames.Leaderless, "counters-3", null, DateTimeOffset.UnixEpoch, "counters-3 has no leader.", "Start its silos."));
        admin.Alarms.Add(new Alarm(AlarmNames.StoreFull, null, "silo-1", DateTimeOffset.UnixEpoch, "The disk is full.", "Free space."));

        (await Client.AskAsync("/health/alarms")).ShouldBeJson().GetRawText().ShouldBe(
            """{"alarms":[{"alarm":"leaderless","group":"counters-3","silo":null,"since":"1970-01-01T00:00:00Z","detail":"counters-3 has no """
            + """leader.","remedy":"Start its silos."},"""
            + """{"alarm":"store-full","group":null,"silo":"silo-1","since":"1970-01-01T00:00:00Z","detail":"The disk is full.","remedy":"Free """
            + """space."}]}""");
    }

    [Fact]
    public async Task A_group_is_shown_with_its_replicas_and_nulls_where_one_does_not_answer()
    {
        admin.Groups.Add(Group("counters-0", leader: 1));

        var group = (await Client.AskAsync("/api/v1/groups/counters-0")).ShouldBeJson();

        group.GetProperty("group").GetString().ShouldBe("counters-0");
        group.GetProperty("leader").GetInt64().ShouldBe(1);
        group.GetProperty("term").GetInt64().ShouldBe(7);
        group.GetProperty("configuration").GetRawText().ShouldBe("""{"version":0,"voters":[1,2,3],"outgoingVoters":[],"learners":[]}""");
        var replicas = group.GetProperty("replicas").EnumerateArray().ToArray();
        replicas.Length.ShouldBe(3);
        replicas[0].GetProperty("role").GetString().ShouldBe("leader");
        replicas[0].GetProperty("silo").GetString().ShouldBe("silo-1");
        replicas[0].GetProperty("term").GetInt64().ShouldBe(7);
        replicas[0].GetProperty("lastIndex").GetInt64().ShouldBe(12);
        replicas[0].GetProperty("commitIndex").GetInt64().ShouldBe(11);
        replicas[0].GetProperty("appliedIndex").GetInt64().ShouldBe(10);
        replicas[0].GetProperty("digest").GetString().ShouldBe("abc");
        replicas[0].GetProperty("digestIndex").GetInt64().ShouldBe(9);
        replicas[0].GetProperty("stateBytes").GetInt64().ShouldBe(120);
        replicas[0].GetProperty("stateKeys").GetInt64().ShouldBe(4);
        replicas[0].GetProperty("snapshotBytes").GetInt64().ShouldBe(700);
        replicas[0].GetProperty("snapshotAgeMilliseconds").GetInt64().ShouldBe(3_500);
        replicas[0].GetProperty("transferBytes").ValueKind.ShouldBe(JsonValueKind.Null);
        replicas[1].GetProperty("transferredBytes").GetInt64().ShouldBe(256, "its leader knows it");
        replicas[1].GetProperty("transferBytes").GetInt64().ShouldBe(700);
        replicas[2].GetProperty("stateBytes").ValueKind.ShouldBe(JsonValueKind.Null);
        replicas[2].GetProperty("digestIndex").ValueKind.ShouldBe(JsonValueKind.Null);
        replicas[0].GetProperty("lastContactMilliseconds").ValueKind.ShouldBe(JsonValueKind.Null);
        replicas[1].GetProperty("role").GetString().ShouldBe("follower");
        replicas[1].GetProperty("lastContactMilliseconds").GetInt64().ShouldBe(100);
        replicas[2].GetProperty("role").GetString().ShouldBe("unreachable");
        replicas[2].GetProperty("appliedIndex").ValueKind.ShouldBe(JsonValueKind.Null);
        replicas[2].GetProperty("digest").ValueKind.ShouldBe(JsonValueKind.Null);
        replicas[2].GetProperty("problem").GetString().ShouldBe("silo-3 does not answer");
    }

    [Fact]
    public async Task Groups_come_in_pages_of_the_same_objects_that_each_gives_alone()
    {
        admin.Groups.AddRange(Enumerable.Range(0, 5).Select(i => Group($"counters-{i}", leader: i == 3 ? null : 1)));

        var first = (await Client.AskAsync("/api/v1/groups?limit=2")).ShouldBeJson();
        var second = (await Client.AskAsync("/api/v1/groups?after=counters-1&limit=2")).ShouldBeJson();
        var last = (await Client.AskAsync("/api/v1/groups?after=counters-3&limit=2")).ShouldBeJson();
        var alone = await Client.AskAsync("/api/v1/groups/counters-3");

        first.GetProperty("next").GetString().ShouldBe("counters-1");
        second.GetProperty("groups")[1].GetRawText().ShouldBe(alone.Text);
        second.GetProperty("groups")[1].GetProperty("leader").ValueKind.ShouldBe(JsonValueKind.Null);
        last.GetProperty("groups").GetArrayLength().ShouldBe(1);
        last.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("/api/v1/groups/nothing", 404, "unknown-group", null)]
    [InlineData("/api/v1/groups/nothing/log", 404, "unknown-group", null)]
    [InlineData("/api/v1/groups?limit=0", 400, "invalid-request", "limit")]
    [InlineData("/api/v1/groups?limit=1001", 400, "invalid-request", "limit")]
    [InlineData("/api/v1/groups?limit=-1", 400, "invalid-request", "limit")]
    [InlineData("/api/v1/groups?limit=", 400, "invalid-request", "limit")]
    [InlineData("/api/v1/groups?limit=ten", 400, "invalid-request", "limit")]
    [InlineData("/api/v1/groups?limit=99999999999999999999", 400, "invalid-request", "limit")]
    [InlineData("/api/v1/groups?limit=1&limit=2", 400, "invalid-request", "limit")]
    [InlineData("/api/v1/groups/counters-0/log?after=-1", 400, "invalid-request", "after")]
    [InlineData("/api/v1/groups/counters-0/log?after=x", 400, "invalid-request", "after")]
    [InlineData("/api/v1/groups/counters-0/log?limit=0", 400, "invalid-request", "limit")]
    public async Task A_wrong_parameter_or_group_is_a_problem_that_names_it(string path, int status, string type, string? field) =>
        (await Client.AskAsync(path)).ShouldBeProblem(status, type, field);

    [Fact]
    public async Task An_error_of_the_server_is_a_problem_and_no_stack_trace_even_in_development()
    {
        admin.Failure = new InvalidOperationException("the disk is on fire");

        var answer = await Client.AskAsync("/api/v1/groups");

        answer.ShouldBeProblem(500, "internal-error");
        answer.Text.ShouldNotContain("on fire");
    }

    /// <summary>A silo that serves is no place to play, unless somebody wants it so.</summary>
    [Theory]
    [InlineData("GET", "/lab")]
    [InlineData("GET", "/api/v1/lab")]
    [InlineData("GET", "/api/v1/lab/replication")]
    [InlineData("GET", "/api/v1/lab/replication/recording")]
    [InlineData("POST", "/api/v1/lab/recordings")]
    public async Task The_lab_is_off_unless_it_is_asked_for(string method, string path)
    {
        (await Client.SendAsync(new HttpMethod(method), path)).ShouldBeProblem(403, "lab-disabled").Text.ShouldContain("Raft:Server:Lab");
        (await Client.AskAsync("/")).Text.ShouldNotContain("lab");
    }

    [Fact]
    public async Task The_page_and_all_it_loads_come_out_of_the_assembly()
    {
        var page = await Client.AskAsync("/");

        page.Status.ShouldBe(HttpStatusCode.OK);
        page.MediaType.ShouldBe("text/html");
        page.Text.ShouldNotContain("https://");
        var waiting = new Queue<Uri>(
            Regex.Matches(page.Text, "(?:src|href)=\"(/page/[^\"]+)\"").Select(match => new Uri(Client.BaseAddress!, match.Groups[1].Value)));
        var loaded = new HashSet<Uri>();
        while (waiting.TryDequeue(out var address))
        {
            if (!loaded.Add(address))
            {
                continue;
            }

            var asset = await Client.AskAsync(address.AbsolutePath);
            asset.Status.ShouldBe(HttpStatusCode.OK, address.AbsolutePath);
            (await Client.AskAsync(address.AbsolutePath, ("If-None-Match", asset.Tag!))).Status.ShouldBe(HttpStatusCode.NotModified);
            foreach (Match import in Regex.Matches(asset.Text, "(?:from|import) ?['\"]([^'\"]+\\.js)['\"]"))
            {
                import.Groups[1].Value.ShouldStartWith(".", customMessage: $"{address.AbsolutePath} loads from elsewhere");
                waiting.Enqueue(new Uri(address, import.Groups[1].Value));
            }
        }

        loaded.Count.ShouldBeGreaterThan(20);
    }

    [Theory]
    [InlineData("/scalar", "text/html")]
    [InlineData("/dashboard", "text/html")]
    public async Task The_pages_of_others_are_served_too(string path, string mediaType)
    {
        var answer = await Client.AskAsync(path);

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        answer.MediaType.ShouldBe(mediaType);
    }

    /// <summary>It works while nobody looks at it; who does not want it should not pay for it.</summary>
    [Theory]
    [InlineData("true", HttpStatusCode.OK)]
    [InlineData("false", HttpStatusCode.NotFound)]
    public async Task The_dashboard_is_part_of_a_silo_only_where_it_is_wanted(string wanted, HttpStatusCode status)
    {
        await using var host = await ServerHost.StartAsync(
            silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(1), ("Raft:Server:Dashboard", wanted));

        (await host.Client.AskAsync("/dashboard")).Status.ShouldBe(status);
        host.Services.GetServices<IIncomingGrainCallFilter>().Any(IsOfDashboard).ShouldBe(bool.Parse(wanted));
    }

    /// <summary>Gathering a silo's metrics costs more than anything else that an idle silo does.</summary>
    [Fact]
    public async Task The_dashboard_gathers_a_silos_metrics_from_when_somebody_looks()
    {
        await using var host = await ServerHost.StartAsync(silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(1));
        host.Services.GetServices<IHostedService>().ShouldNotContain(part => IsOfDashboard(part));
        host.Services.GetServices<ILifecycleParticipant<ISiloLifecycle>>().ShouldNotContain(part => IsOfDashboard(part));
        var silo = host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

        await Eventually.HoldsAsync(
            async () => (await host.Client.AskAsync($"/dashboard/SiloCounters/{silo.ToParsableString()}")).ShouldBeJson().GetArrayLength() > 0,
            "something is counted",
            TimeSpan.FromMinutes(2));
    }

    /// <summary>
    /// The dashboard is where users of Orleans look first: it shows silos and replicas at once, and then what replicas are called for.
    /// </summary>
    [Fact]
    public async Task The_dashboard_shows_silos_replicas_and_their_timers()
    {
        await using var host = await ServerHost.StartAsync(silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(1));
        await Eventually.HoldsAsync(
            async () => (await host.Client.AskAsync("/health/ready")).Status == HttpStatusCode.OK, "the silo is ready", TimeSpan.FromMinutes(2));

        var first = (await host.Client.AskAsync("/dashboard/DashboardCounters")).ShouldBeJson();

        first.GetProperty("totalActiveHostCount").GetInt32().ShouldBe(1);
        first.GetProperty("simpleGrainStats").EnumerateArray()
            .Single(grain => grain.GetProperty("grainType").GetString()!.EndsWith("ReplicaGrain", StringComparison.Ordinal))
            .GetProperty("activationCount").GetInt32().ShouldBe(3);
        await Eventually.HoldsAsync(
            async () =>
            {
                // A group that sleeps has no timers.
                await host.Client.SendAsync(HttpMethod.Post, "/api/v1/tenants/acme/counters/visits/increment", """{"by":1}""");
                return (await host.Client.AskAsync("/dashboard/TopGrainMethods")).ShouldBeJson().GetProperty("calls").EnumerateArray().Any(
                    called => called.GetProperty("grain").GetString() == typeof(ReplicaGrain).FullName
                        && called.GetProperty("method").GetString()!.Contains("Timer", StringComparison.Ordinal)
                        && called.GetProperty("count").GetInt64() > 0);
            },
            "the timers of replicas are shown",
            TimeSpan.FromMinutes(2));
    }

    /// <summary>It must work without the internet, and must not tell anybody who looks at it.</summary>
    [Fact]
    public async Task The_page_of_the_description_loads_nothing_from_elsewhere()
    {
        var page = await Client.AskAsync("/scalar/");

        var sources = Regex.Matches(page.Text, "(?:src|href)=\"([^\"]+)\"").Select(match => match.Groups[1].Value).ToArray();
        sources.ShouldNotBeEmpty();
        sources.ShouldAllBe(source => !source.Contains("//", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Measurements_are_served_in_the_text_format_of_prometheus()
    {
        await Client.AskAsync("/health/live");

        var answer = await Client.AskAsync("/metrics");

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.MediaType.ShouldBe("text/plain");
        answer.Text.ShouldContain("http_server_request_duration_seconds");
    }

    private static GroupView Group(string name, long? leader) => new(
        name,
        "counters",
        0,
        leader is { } id ? new ReplicaId(id) : null,
        new Term(7),
        [
            Replica(name, 1, leader == 1 ? RaftRole.Leader : RaftRole.Follower, ticks: 0),
            Replica(name, 2, RaftRole.Follower, ticks: 2),
            new ReplicaView(new ReplicaId(3), "silo-3", null, null, "silo-3 does not answer"),
        ],
        Configuration.OfVoters(3));

    private static bool IsOfDashboard(object part) => part.GetType().Assembly == typeof(DashboardOptions).Assembly;

    private static ReplicaView Replica(string group, long id, RaftRole role, int ticks)
    {
        var replica = new ReplicaId(id);
        var status = new RaftStatus(
            replica,
            role,
            new HardState(new Term(7), null, new LogIndex(11)),
            null,
            new EntryId(new Term(7), new LogIndex(12)),
            new LogIndex(12),
            new LogIndex(10),
            new SnapshotDescriptor(default, LogTime.Zero, Configuration.OfVoters(3), 700),
            Configuration.OfVoters(3),
            role == RaftRole.Leader
                ?
                [
                    new ReplicaProgress(new ReplicaId(2), ProgressState.Snapshot, default, default, false, 1)
                    {
                        Transfer = new SnapshotTransfer(new LogIndex(9), 256, 700),
                    },
                ]
                : ImmutableArray<ReplicaProgress>.Empty,
            ticks);
        return new ReplicaView(
            replica,
            $"silo-{id}",
            null,
            new ReplicaStatus(new ReplicaKey(group, replica), 1, true, status, "abc")
            {
                DigestIndex = new LogIndex(9),
                StateBytes = 120,
                StateKeys = 4,
                SnapshotAge = TimeSpan.FromSeconds(3.5),
            },
            "");
    }
}
