using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OrleansRaft.Lab.Scenarios;
using static Microsoft.Playwright.Assertions;

namespace OrleansRaft.Integration.Tests.Browser;

/// <summary>The lab in a browser.</summary>
[Collection(InBrowser.Name)]
public sealed class LabPageTests(PageFixture fixture)
{
    [LongFact]
    public async Task Every_scenario_plays_to_its_end_with_its_expected_outcome()
    {
        var names = await fixture.ListScenariosAsync();
        names.Count.ShouldBeGreaterThanOrEqualTo(10);
        await using var opened = await fixture.OpenAsync("/lab");
        await Expect(opened.Page.Locator("[data-scenario]")).ToHaveCountAsync(names.Count);

        foreach (var name in names)
        {
            await opened.Page.GotoAsync($"/lab#/{name}?speed=8");
            await Expect(opened["ring"].Locator(".node")).Not.ToHaveCountAsync(0);
            await Expect(opened["verdict"]).ToHaveAttributeAsync("data-expected", "true");
            await Expect(opened.Page.Locator(".steps .failed")).ToHaveCountAsync(0);
            await Expect(opened["command"]).ToHaveTextAsync($"oraft lab run {name}");
            await opened.Page.GotoAsync("/lab#/");
            await Expect(opened["scenarios"]).ToBeVisibleAsync();
        }

        opened.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_recording_is_stepped_forwards_and_back_with_captions_in_two_languages()
    {
        await using var opened = await fixture.OpenAsync("/lab#/first-election?t=0");
        var caption = opened["caption"];
        await Expect(opened["back"]).ToBeDisabledAsync();
        var first = await caption.TextContentAsync();

        await opened["step"].ClickAsync();
        await Expect(opened["scrub"]).Not.ToHaveValueAsync("0");
        await opened.Page.Locator("main").FocusAsync();
        await opened.Page.Keyboard.PressAsync("End");
        await Expect(opened["verdict"]).ToBeVisibleAsync();
        await Expect(caption).Not.ToHaveTextAsync(first!);
        await opened.Page.Keyboard.PressAsync("Home");
        await Expect(caption).ToHaveTextAsync(first!);

        await opened.Page.GetByRole(AriaRole.Button, new() { Name = "中文" }).ClickAsync();
        await Expect(caption).ToHaveTextAsync(new Regex("[\u4e00-\u9fff]"));
        await Expect(opened.Page.Locator("html")).ToHaveAttributeAsync("lang", "zh");
    }

    [Fact]
    public async Task A_visitor_who_stops_a_node_gets_a_recording_of_his_own_and_may_take_it_back()
    {
        await using var visitor = await fixture.OpenAsync("/lab#/first-election?t=0");
        await using var other = await fixture.OpenAsync("/lab#/first-election?t=0");

        await visitor["intervene"].GetByRole(AriaRole.Button, new() { Name = "B", Exact = true }).First.ClickAsync();
        await visitor["stop"].ClickAsync();
        await Expect(visitor["restore"]).ToBeVisibleAsync();
        await Expect(visitor["command"]).ToContainTextAsync("oraft lab run first-election --changes '{\"interventions\"");
        await visitor.Page.Locator("main").FocusAsync();
        await visitor.Page.Keyboard.PressAsync("End");
        await Expect(visitor["ring"].Locator("[data-node='B']")).ToHaveAttributeAsync("data-role", "stopped");
        await other.Page.Locator("main").FocusAsync();
        await other.Page.Keyboard.PressAsync("End");
        await Expect(other["verdict"]).ToHaveAttributeAsync("data-expected", "true");
        await Expect(other["ring"].Locator("[data-node='B']")).Not.ToHaveAttributeAsync("data-role", "stopped");

        await visitor["restore"].ClickAsync();
        await Expect(visitor["restore"]).ToHaveCountAsync(0);
        await visitor.Page.Locator("main").FocusAsync();
        await visitor.Page.Keyboard.PressAsync("End");
        await Expect(visitor["verdict"]).ToHaveAttributeAsync("data-expected", "true");
    }

    [Fact]
    public async Task A_snapshot_on_its_way_fills_a_bar_beneath_the_log_that_it_will_replace()
    {
        var (at, sent, size) = ScenarioLibrary.Find("snapshot-chunks")!.Play().States
            .SelectMany(static state => state.Progress.Select(peer => (state.At, peer.Sent, peer.Size)))
            .First(static part => part.Sent > 0);

        await using var opened = await fixture.OpenAsync($"/lab#/snapshot-chunks?t={Math.Ceiling(at)}");

        await Expect(opened.Page.Locator("[data-lane='C'] .transfer")).ToHaveAttributeAsync("data-sent", $"{sent}");
        await Expect(opened.Page.Locator("[data-lane='C'] .transfer text")).ToContainTextAsync($"{size:N0} bytes");
        await opened.Page.Locator("main").FocusAsync();
        await opened.Page.Keyboard.PressAsync("End");
        await Expect(opened.Page.Locator(".transfer")).ToHaveCountAsync(0);
    }

    [Theory]
    [InlineData("nothing-like-it", null, "nothing-like-it")]
    [InlineData("first-election", """{"interventions":[{"at":10,"stop":["Z"]}],"settings":null}""", "interventions[0].stop")]
    [InlineData("first-election", "{", "cannot be read")]
    [InlineData("first-election", """{"interventions":7}""", "cannot be read")]
    public async Task What_is_wrong_with_a_scenario_is_told(string name, string? changes, string expected)
    {
        var query = changes is null ? "" : $"?changes={Uri.EscapeDataString(changes)}";
        await using var opened = await fixture.OpenAsync($"/lab#/{name}{query}");

        await Expect(opened["problem"]).ToContainTextAsync(expected);
    }
}
