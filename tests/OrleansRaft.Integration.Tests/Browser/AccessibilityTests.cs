using System.Reflection;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace OrleansRaft.Integration.Tests.Browser;

/// <summary>axe-core finds nothing to complain about in any view, light or dark.</summary>
[Collection(InBrowser.Name)]
public sealed class AccessibilityTests(PageFixture fixture)
{
    private const string Script = "axe.min.js";

    private const string FindViolations =
        "async () => (await axe.run(document)).violations.map(rule => `${rule.id}: ${rule.help}: "
            + "${rule.nodes.map(node => node.html.slice(0, 200)).join(' | ')}`)";

    private static readonly (string Place, string Ready)[] Views =
    [
        ("/#/", "[data-group]"),
        ("/#/groups/counters-2", "[data-testid=lanes]"),
        ("/#/groups/nothing-9", "[data-testid=suggestions]"),
        ("/#/network", "[data-testid=matrix]"),
        ("/#/network?from=silo-2&to=silo-1", "[data-testid=link-panel]"),
        ("/#/counters", "[data-testid=counters]"),
        ("/#/counters/demo", "[data-testid=counters]"),
        ("/#/faults", ".preset"),
        ("/#/nowhere", "main h1"),
        ("/lab", "[data-scenario]"),
        ("/lab#/partition?t=900", "[data-testid=lanes]"),
        ("/lab#/nothing", "[data-testid=problem]"),
    ];

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark, Skip = LongTests.Reason, SkipType = typeof(LongTests), SkipUnless = nameof(LongTests.Run))]
    public async Task No_view_breaks_a_rule_of_accessibility(ColorScheme colors)
    {
        await fixture.HealAsync();
        await using var opened = await fixture.OpenAsync("/", colours: colors);
        await Expect(opened["connection"]).ToHaveTextAsync("live");
        var script = await ReadScriptAsync();

        var violations = new List<string>();
        foreach (var (place, ready) in Views)
        {
            await opened.Page.GotoAsync(place);
            await Expect(opened.Page.Locator(ready).First).ToBeVisibleAsync();
            await opened.Page.EvaluateAsync(script);
            violations.AddRange((await opened.Page.EvaluateAsync<string[]>(FindViolations)).Select(violation => $"{place} {violation}"));
        }

        violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_fault_that_is_shown_everywhere_breaks_none_either()
    {
        await fixture.HealAsync();
        await using var opened = await fixture.OpenAsync("/#/network?from=silo-1&to=silo-2");
        await opened.ChooseLongFaultsAsync();
        await opened["link-panel"].GetByRole(AriaRole.Button, new() { Name = "Delay 100 ms" }).ClickAsync();
        await Expect(opened["fault-notice"]).ToBeVisibleAsync();

        await opened.Page.EvaluateAsync(await ReadScriptAsync());
        var violations = await opened.Page.EvaluateAsync<string[]>(FindViolations);

        await fixture.HealAsync();
        violations.ShouldBeEmpty();
    }

    private static async Task<string> ReadScriptAsync()
    {
        using var stream = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(Script)!);
        return await stream.ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
