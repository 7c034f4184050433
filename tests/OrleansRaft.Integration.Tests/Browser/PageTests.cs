using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansRaft.Integration.Tests.Cli;
using static Microsoft.Playwright.Assertions;

namespace OrleansRaft.Integration.Tests.Browser;

/// <summary>The page in a browser, before a cluster of real silos that it breaks and heals.</summary>
[Collection(InBrowser.Name)]
public sealed class PageTests(PageFixture fixture)
{
    [Fact]
    public async Task The_overview_shows_every_group_and_the_silo_that_leads_it()
    {
        await fixture.HealAsync();
        await using var opened = await fixture.OpenAsync("/");

        await Expect(opened["sentence"]).ToHaveTextAsync("4 groups on 3 silos, each with a leader");
        await Expect(opened["connection"]).ToHaveTextAsync("live");
        // Leaders may move while the page is looked at, and the cluster is asked meanwhile: in the end both must say the same.
        await fixture.HoldsAsync(
            async () =>
            {
                var told = await fixture.ListGroupsAsync();
                var shown = await opened.Page.Locator("[data-group]").EvaluateAllAsync<string[]>(
                    "rows => rows.map(row => `${row.dataset.group} ${row.dataset.leader}`)");
                return shown.SequenceEqual(told.Select(group => $"{group.Group} {group.LeaderSilo}"));
            },
            "the page shows the leaders that the cluster has");

        await Expect(opened["figures"].Locator("b").First).ToHaveTextAsync(new Regex(@"^[1-9][\d,]*$"));
        opened.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_group_shows_its_new_leader_after_the_silo_of_the_old_one_died()
    {
        await fixture.HealAsync();
        await using var opened = await fixture.OpenAsync("/#/groups/counters-0");
        var ring = opened["ring"];
        await Expect(ring).ToHaveAttributeAsync("data-leader", new Regex("^[1-9]$"));
        await Expect(opened["sampling"]).ToContainTextAsync(new Regex(@"[1-9]\d* messages in the last second"));
        await opened.ChooseLongFaultsAsync();
        var before = await ring.Locator(".node.leader").First.EvaluateAsync<string[]>("node => [node.dataset.node, node.dataset.term]");
        var (old, term) = (before[0], long.Parse(before[1], CultureInfo.InvariantCulture));

        await ring.Locator($"[data-node='{old}']").ClickAsync();
        await Expect(opened["replica-panel"]).ToContainTextAsync($"Replica {old}");
        var kill = opened["replica-panel"].GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Kill silo-") });
        var silo = (await kill.TextContentAsync())!["Kill ".Length..];
        await kill.ClickAsync();

        var leader = ring.Locator($".node.leader:not([data-node='{old}'])").First;
        await Expect(ring).ToHaveAttributeAsync("data-leader", new Regex($"^[^{old}]$"));
        await Expect(opened["caption"]).Not.ToBeEmptyAsync();
        await Expect(opened.Page.Locator(".told.lead")).Not.ToHaveCountAsync(0);
        long.Parse((await leader.GetAttributeAsync("data-term"))!, CultureInfo.InvariantCulture).ShouldBeGreaterThan(term);
        await Expect(opened["command"]).ToContainTextAsync($"oraft fault kill {silo}");
        await Expect(opened["fault-notice"]).ToContainTextAsync(silo);
        await opened["fault-notice"].GetByRole(AriaRole.Button).ClickAsync();
        await Expect(opened["fault-notice"]).ToHaveCountAsync(0);
        await Expect(ring.Locator(".node.unreachable")).ToHaveCountAsync(0);
        opened.Complaints.ShouldBeEmpty();
    }

    /// <summary>A transfer that is slow enough to be seen is told to the page by a stream of its own.</summary>
    [Fact]
    public async Task A_snapshot_on_its_way_to_a_replica_fills_a_bar_beneath_its_log()
    {
        const string Replicas =
            """[{"replica":1,"silo":"a","role":"leader","term":3},{"replica":2,"silo":"b","role":"follower","term":3}]""";
        const string Log = "\"lastIndex\":90,\"lastTerm\":3,\"commitIndex\":90,\"appliedIndex\":90,\"snapshotIndex\":80,\"electionTicks\":0";
        string[] events =
        [
            "{\"type\":\"snapshot\",\"time\":1,\"silo\":\"a\",\"silos\":[\"a\",\"b\"],\"faultsEnabled\":false,\"faults\":[],\"focus\":\"counters-0\","
                + "\"groups\":[{\"group\":\"counters-0\",\"leader\":1,\"term\":3,\"replicas\":"
                + Replicas
                + "}],\"more\":false}",
            "{\"type\":\"replica\",\"time\":2,\"silo\":\"a\",\"group\":\"counters-0\",\"replica\":1,\"role\":\"leader\",\"term\":3,"
                + Log
                + ",\"electionTimeoutTicks\":10,\"asleep\":false,\"progress\":[{\"replica\":2,\"state\":\"snapshot\",\"matchIndex\":0,"
                + "\"nextIndex\":81,\"sentBytes\":786432,\"sizeBytes\":3145728}]}",
        ];
        await using var opened = await fixture.OpenAsync("/lab");
        await opened.Page.RouteAsync(new Regex("/api/v1/events[?]group=counters-0$"), route => route.FulfillAsync(new RouteFulfillOptions
        {
            ContentType = "text/event-stream",
            Body = AsStream(events),
        }));

        await opened.Page.GotoAsync("/#/groups/counters-0");

        var bar = opened.Page.Locator("[data-lane='2'] .transfer");
        await Expect(bar).ToHaveAttributeAsync("data-sent", "786432");
        await Expect(bar.Locator("text")).ToHaveTextAsync("snapshot: 786,432 of 3,145,728 bytes, 25 %");
        await Expect(opened.Page.Locator("[data-lane='1'] .transfer")).ToHaveCountAsync(0);
    }

    /// <summary>What a cluster rarely shows is told to the page by a stream of its own.</summary>
    [Fact]
    public async Task Alarms_stand_above_every_view_and_a_silo_is_there_again_only_when_it_has_joined()
    {
        const string Replicas =
            """[{"replica":1,"silo":"a","role":"follower","term":3},{"replica":2,"silo":"b","role":"leader","term":3},{"replica":3,"silo":"""
                + """null,"role":"unreachable","term":0}]""";
        string[] events =
        [
            "{\"type\":\"snapshot\",\"time\":1,\"silo\":\"a\",\"silos\":[\"a\",\"b\",\"c\"],\"faultsEnabled\":false,\"faults\":[],\"focus\":null,"
                + "\"groups\":[{\"group\":\"g-0\",\"leader\":2,\"term\":3,\"replicas\":"
                + Replicas
                + "}],\"more\":false}",
            """{"type":"silo","time":2,"silo":"a","name":"c","status":"dead"}""",
            """{"type":"silo","time":3,"silo":"a","name":"b","status":"shuttingdown"}""",
            """{"type":"silo","time":4,"silo":"a","name":"c","status":"joining"}""",
            """{"type":"silo","time":5,"silo":"a","name":"","status":"created"}""",
        ];
        await using var opened = await fixture.OpenAsync("/lab");
        await opened.Page.RouteAsync("**/api/v1/events", route => route.FulfillAsync(new RouteFulfillOptions
        {
            ContentType = "text/event-stream",
            Body = AsStream(events),
        }));
        await opened.Page.RouteAsync("**/health/alarms", route => route.FulfillAsync(new RouteFulfillOptions
        {
            ContentType = "application/json",
            Body =
                """{"alarms":[{"alarm":"leaderless","group":"g-0","silo":null,"since":"2026-01-01T00:00:00Z","detail":"g-0 has no """
                    + """leader.","remedy":"Start its silos."}]}""",
        }));

        await opened.Page.GotoAsync("/");

        await Expect(opened["alarm"]).ToContainTextAsync("g-0 has no leader. Start its silos.");
        await Expect(opened["sentence"]).ToHaveTextAsync("1 group on 1 silo, and one has no leader; c and b are gone");
        await Expect(opened.Page.Locator(".silos li")).ToHaveCountAsync(3);
        await Expect(opened.Page.Locator(".story")).ToContainTextAsync("c is about to join.");
    }

    [LongFact]
    public async Task Every_kind_of_alarm_stands_above_the_page_until_it_is_cleared()
    {
        const int ShownAtOnce = 3;
        string[] told = [];
        static string Wrong(string name) =>
            $$"""{"alarm":"{{name}}","group":null,"silo":"silo-1","since":"2026-01-01T00:00:00Z","detail":"Something is wrong """
                + $$"""with {{name}}.","remedy":"Mend it."}""";
        await using var opened = await fixture.OpenAsync("/lab");
        await opened.Page.RouteAsync("**/health/alarms", route => route.FulfillAsync(new RouteFulfillOptions
        {
            ContentType = "application/json",
            Body = $$"""{"alarms":[{{string.Join(',', Volatile.Read(ref told))}}]}""",
        }));

        await opened.Page.GotoAsync("/");
        foreach (var names in AlarmNames.All.Chunk(ShownAtOnce))
        {
            Volatile.Write(ref told, [.. names.Select(Wrong)]);
            await Expect(opened["alarm"]).ToHaveCountAsync(names.Length);
            foreach (var name in names)
            {
                await Expect(opened.Page.Locator($"[data-alarm='{name}']")).ToContainTextAsync(
                    $"{name} · silo-1: Something is wrong with {name}. Mend it.");
            }
        }

        Volatile.Write(ref told, []);

        await Expect(opened["alarm"]).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_link_is_cut_and_healed_from_the_matrix_with_the_keyboard_alone()
    {
        await fixture.HealAsync();
        await using var opened = await fixture.OpenAsync("/#/network?from=silo-1&to=silo-2");
        await opened.ChooseLongFaultsAsync();
        var keyboard = opened.Page.Keyboard;
        ILocator Link(string from, string to) => opened["matrix"].Locator($"[data-from='{from}'][data-to='{to}']");
        await Expect(Link("silo-1", "silo-2")).ToHaveAttributeAsync("data-state", "open");

        await Link("silo-1", "silo-2").FocusAsync();
        await keyboard.PressAsync("ArrowRight");
        await Expect(Link("silo-1", "silo-3")).ToBeFocusedAsync();
        await keyboard.PressAsync("Enter");
        await Expect(opened["link-panel"].GetByRole(AriaRole.Button, new() { Name = "Cut both ways" })).ToBeFocusedAsync();
        await keyboard.PressAsync("Enter");

        await Expect(Link("silo-1", "silo-3")).ToHaveAttributeAsync("data-state", "cut");
        await Expect(Link("silo-3", "silo-1")).ToHaveAttributeAsync("data-state", "cut");
        await Expect(Link("silo-1", "silo-2")).ToHaveAttributeAsync("data-state", "open");
        await Expect(opened["command"]).ToContainTextAsync("oraft fault cut silo-1 silo-3");
        opened.Page.Url.ShouldEndWith("#/network?from=silo-1&to=silo-3");

        await opened["link-panel"].GetByRole(AriaRole.Button, new() { Name = "Heal" }).FocusAsync();
        await keyboard.PressAsync("Enter");

        await Expect(Link("silo-1", "silo-3")).ToHaveAttributeAsync("data-state", "open");
        await Expect(opened["fault-notice"]).ToHaveCountAsync(0);
        opened.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_overview_is_walked_with_arrow_keys_and_a_group_opened_with_enter()
    {
        await fixture.HealAsync();
        await using var opened = await fixture.OpenAsync("/");
        await Expect(opened.Page.Locator("[data-group]")).ToHaveCountAsync(4);

        await opened.Page.Keyboard.PressAsync("Tab");
        await Expect(opened.Page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" })).ToBeFocusedAsync();
        await opened.Page.Keyboard.PressAsync("Enter");
        await Expect(opened.Page.Locator("main")).ToBeFocusedAsync();
        await opened["groups"].GetByRole(AriaRole.Link).First.FocusAsync();
        await opened.Page.Keyboard.PressAsync("ArrowDown");
        await Expect(opened["groups"].GetByRole(AriaRole.Link, new() { Name = "counters-1" })).ToBeFocusedAsync();
        await opened.Page.Keyboard.PressAsync("Enter");

        await Expect(opened["sentence"]).ToContainTextAsync("counters-1: replica");
        await opened.Page.GoBackAsync();
        await Expect(opened["sentence"]).ToContainTextAsync("4 groups");
    }

    [Fact]
    public async Task A_lost_connection_is_told_and_the_page_goes_on_when_it_is_back()
    {
        await fixture.HealAsync();
        await using var opened = await fixture.OpenAsync("/");
        await Expect(opened["connection"]).ToHaveTextAsync("live");

        fixture.Wire.Cut();
        await Expect(opened["connection"]).ToHaveTextAsync("connection lost");
        await Expect(opened["lost"]).ToContainTextAsync("The connection is lost.");
        fixture.Wire.Heal();

        await Expect(opened["connection"]).ToHaveTextAsync("live");
        await Expect(opened["lost"]).ToHaveCountAsync(0);
        await Expect(opened["sentence"]).ToHaveTextAsync("4 groups on 3 silos, each with a leader");
    }

    [Fact]
    public async Task A_counter_is_increased_and_everybody_who_looks_sees_it()
    {
        await fixture.HealAsync();
        await using var one = await fixture.OpenAsync("/#/counters/page-tests");
        await using var other = await fixture.OpenAsync("/#/counters/page-tests");
        await Expect(other.Page.GetByText("has no counters yet")).ToBeVisibleAsync();

        await one.Page.GetByLabel("By").FillAsync("9007199254740993");
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await one.Page.GetByRole(AriaRole.Button, new() { Name = "Add 10 to hello" }).ClickAsync();

        await Expect(one.Page.Locator("[data-counter='hello'] .value")).ToHaveTextAsync("9,007,199,254,741,003");
        await Expect(other.Page.Locator("[data-counter='hello'] .value")).ToHaveTextAsync("9,007,199,254,741,003");
        await Expect(one["command"]).ToContainTextAsync("oraft counter add page-tests hello 10");
        await Expect(one["outcome"]).ToContainTextAsync("hello is 9,007,199,254,741,003");
    }

    [Fact]
    public async Task The_line_at_the_bottom_does_in_a_shell_what_was_done_on_the_page()
    {
        await fixture.HealAsync();
        await using var opened = await fixture.OpenAsync("/#/faults");
        string[] buttons = ["Isolate the leader", "Slow silo-1", "Heal all"];
        foreach (var button in buttons)
        {
            await opened.Page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).First.ClickAsync();
            await Expect(opened["outcome"]).ToHaveTextAsync(new Regex(@"heals in \d+ s\.$|^all healed$"));
            var line = await opened["command"].TextContentAsync();

            var typed = await CommandLineRun.RunAsync(line!.Split(' ').Skip(1));

            typed.ExitCode.ShouldBe(0, $"{line}: {typed.Error}");
        }

        await Expect(opened["fault-notice"]).ToHaveCountAsync(0);
        opened.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task How_an_action_ended_is_told_on_a_phone_too()
    {
        await fixture.HealAsync();
        await using var opened = await fixture.OpenAsync("/#/counters/page-tests", width: 360, height: 740);

        await opened.Page.GetByLabel("By").FillAsync("9223372036854775808");
        await opened.Page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();

        await Expect(opened["outcome"]).ToBeInViewportAsync();
        await Expect(opened["outcome"]).ToContainTextAsync("no 64-bit integer");
    }

    [Theory]
    [InlineData("/#/groups/%E0%A4")]
    [InlineData("/#/nowhere")]
    public async Task An_address_that_leads_nowhere_is_told(string path)
    {
        await using var opened = await fixture.OpenAsync(path);

        await Expect(opened.Page.Locator("main h1")).ToContainTextAsync(new Regex("There is no"));
        opened.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_group_is_told_with_what_to_do_about_it()
    {
        await using var opened = await fixture.OpenAsync("/#/groups/nothing-9");

        await Expect(opened["problem"]).ToContainTextAsync("nothing-9");
        await Expect(opened.Page.GetByRole(AriaRole.Link, new() { Name = "All groups" })).ToBeVisibleAsync();

        await opened["suggestions"].GetByRole(AriaRole.Link, new() { Name = "counters-1" }).ClickAsync();
        await Expect(opened["ring"]).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData(360, 740, ColorScheme.Light)]
    [InlineData(1920, 1080, ColorScheme.Dark)]
    public async Task Every_view_fits_the_window_and_breaks_no_rule_of_the_security_policy(int width, int height, ColorScheme colours)
    {
        await fixture.HealAsync();
        await using var opened = await fixture.OpenAsync("/", width, height, colours);
        await Expect(opened["connection"]).ToHaveTextAsync("live");
        (string Place, string Ready)[] views =
        [
            ("/#/", "[data-group]"),
            ("/#/groups/counters-2", "[data-testid=lanes]"),
            ("/#/network?from=silo-2&to=silo-1", "[data-testid=link-panel]"),
            ("/#/counters/demo", "[data-testid=counters]"),
            ("/#/faults", ".preset"),
            ("/lab", "[data-scenario]"),
            ("/lab#/partition?t=900", "[data-testid=lanes]"),
        ];
        foreach (var (place, ready) in views)
        {
            await opened.Page.GotoAsync(place);
            await Expect(opened.Page.Locator("main h1").First).ToBeVisibleAsync();
            await Expect(opened.Page.Locator(ready).First).ToBeVisibleAsync();
            var excess = await opened.Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
            excess.ShouldBeLessThanOrEqualTo(0, $"{place} is wider than {width} pixels");
        }

        opened.Complaints.ShouldBeEmpty();
    }

    private static string AsStream(IEnumerable<string> events) => "retry: 600000\n\n"
        + string.Concat(
            events.Select(
                json => $"event: {System.Text.Json.JsonDocument.Parse(json).RootElement.GetProperty("type").GetString()}\ndata: {json}\n\n"));
}
