using Microsoft.Playwright;
using OrleansRaft.Testbed.Browser;

namespace OrleansRaft.Benchmarks.Page;

/// <summary>Counts the frames of a view as the browser draws them.</summary>
internal static class FrameMeter
{
    private const int Messages = 200;
    private const int ManyGroups = 10_000;
    private const string BusySeconds = "TaskDuration";

    /// <summary>The moments of all frames for so many milliseconds.</summary>
    private const string Watch = """
        milliseconds => new Promise(done => {
          const moments = [];
          requestAnimationFrame(function beat(now) {
            moments.push(now);
            if (now - moments[0] < milliseconds) requestAnimationFrame(beat); else done(moments);
          });
        })
        """;

    /// <summary>Measures the view of a group, and the overview of many groups.</summary>
    public static async Task<IReadOnlyList<FrameFigure>> MeasureAsync(TimeSpan duration, TextWriter error)
    {
        await using var chromium = await Chromium.StartAsync();
        await error.WriteLineAsync($"drawing a group of five replicas with {Messages} messages a second for {duration.TotalSeconds:0} s");
        await using var one = await ScriptedCluster.StartAsync(groups: 5, Messages);
        var group = await MeasureAsync(
            chromium, new Uri(one.Address, "/#/groups/counters-0"), "[data-testid=lanes]", $"a group of 5 replicas, {Messages} messages/s", duration);

        await error.WriteLineAsync($"drawing {ManyGroups} groups for {duration.TotalSeconds:0} s");
        await using var many = await ScriptedCluster.StartAsync(ManyGroups, Messages);
        var overview = await MeasureAsync(chromium, many.Address, "[data-testid=weave]", $"the overview of {ManyGroups:N0} groups", duration);
        return [group, overview];
    }

    private static async Task<FrameFigure> MeasureAsync(Chromium chromium, Uri address, string ready, string name, TimeSpan duration)
    {
        await using var context = await chromium.Browser.NewContextAsync(
            new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        var page = await context.NewPageAsync();
        var session = await context.NewCDPSessionAsync(page);
        await session.SendAsync("Performance.enable");
        await page.GotoAsync(address.ToString());
        await page.WaitForSelectorAsync(ready);

        var busyBefore = await BusyAsync(session);
        var moments = await page.EvaluateAsync<double[]>(Watch, duration.TotalMilliseconds);
        var busy = await BusyAsync(session) - busyBefore;

        var elapsed = moments[^1] - moments[0];
        double[] gaps = [.. moments.Zip(moments.Skip(1), static (left, right) => right - left).Order()];
        return new FrameFigure(name, gaps.Length / elapsed * 1000, gaps[(int)(gaps.Length * 0.99)], gaps[^1], busy / elapsed * 1000);
    }

    private static async Task<double> BusyAsync(ICDPSession session)
    {
        var metrics = await session.SendAsync("Performance.getMetrics");
        return metrics!.Value.GetProperty("metrics")
            .EnumerateArray()
            .First(static metric => metric.GetProperty("name").GetString() == BusySeconds)
            .GetProperty("value")
            .GetDouble();
    }
}
