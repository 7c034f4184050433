using Microsoft.Playwright;
using OrleansRaft.Testbed.Browser;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Page;

/// <summary>Pictures of the page before a running demo whose leader has just been killed.</summary>
internal static class Pictures
{
    private const float Patience = 90_000;
    private const string Group = "counters-0";

    private static readonly (string Name, string Path, string Ready)[] Views =
    [
        ("overview", "/", "[data-group]"),
        ("group", $"/#/groups/{Group}", "[data-testid=lanes]"),
        ("network", "/#/network?from=silo-1&to=silo-2", "[data-testid=link-panel]"),
        ("counters", "/#/counters/demo", "[data-testid=counters]"),
        ("faults", "/#/faults", ".preset"),
        ("lab", "/lab", "[data-scenario]"),
        ("scenario", "/lab#/replication?t=640", "[data-testid=lanes]"),
    ];

    private static readonly (string Name, int Width, int Height, ColorScheme Colours)[] Windows =
    [
        ("light-1280", 1280, 900, ColorScheme.Light),
        ("dark-1280", 1280, 900, ColorScheme.Dark),
        ("light-360", 360, 780, ColorScheme.Light),
        ("dark-1920", 1920, 1080, ColorScheme.Dark),
    ];

    /// <summary>Takes all pictures.</summary>
    public static async Task TakeAsync(string folder, TextWriter error)
    {
        Directory.CreateDirectory(folder);
        await using var chromium = await Chromium.StartAsync();
        await using var demo = await RunningDemo.StartAsync();
        await TakeFailoverAsync(chromium, demo.Address, Path.Combine(folder, "page.png"));
        await error.WriteLineAsync("page.png");
        foreach (var (window, width, height, colours) in Windows)
        {
            await using var context = await OpenAsync(chromium, demo.Address, width, height, colours, scale: 1);
            foreach (var (view, path, ready) in Views)
            {
                var page = await context.NewPageAsync();
                await page.GotoAsync(path);
                await page.WaitForSelectorAsync(ready);
                await SettleAsync(page);
                await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, $"{view}-{window}.png") });
                await page.CloseAsync();
            }

            await error.WriteLineAsync($"{Views.Length} views at {width} pixels, {colours.ToString().ToLowerInvariant()}");
        }
    }

    /// <summary>The picture of the README: a group whose leader's silo was killed, as soon as it has another leader.</summary>
    private static async Task TakeFailoverAsync(Chromium chromium, Uri address, string file)
    {
        await using var context = await OpenAsync(chromium, address, 1280, 1150, ColorScheme.Light, scale: 1);
        var page = await context.NewPageAsync();
        await page.GotoAsync($"/#/groups/{Group}");
        var leader = page.Locator(".node.leader");
        await leader.WaitForAsync();
        var old = await leader.GetAttributeAsync("data-node");
        await SettleAsync(page);
        await page.GetByRole(AriaRole.Button, new() { NameString = "Kill silo" }).ClickAsync();
        await page.WaitForSelectorAsync($".node.leader:not([data-node='{old}'])");
        await page.WaitForSelectorAsync(".told.lead");
        await page.Mouse.MoveAsync(0, 0);
        await SettleAsync(page);
        await page.ScreenshotAsync(new PageScreenshotOptions { Path = file });
    }

    private static async Task<IBrowserContext> OpenAsync(Chromium chromium, Uri address, int width, int height, ColorScheme colours, float scale)
    {
        var context = await chromium.Browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = address.ToString(),
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = colours,
            DeviceScaleFactor = scale,
            Locale = "en",
        });
        context.SetDefaultTimeout(Patience);
        return context;
    }

    /// <summary>Waits until the page has drawn a few seconds of what happens: figures and charts need some.</summary>
    private static async Task SettleAsync(IPage page) => await page.EvaluateAsync(
        "() => new Promise(done => setTimeout(done, 3000))");
}
