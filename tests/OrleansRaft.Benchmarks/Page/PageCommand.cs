using System.CommandLine;
using OrleansRaft.Benchmarks.Macro;

namespace OrleansRaft.Benchmarks.Page;

/// <summary><c>page</c>: what the page costs the browser and the cluster, and the pictures of it.</summary>
internal static class PageCommand
{
    public static Command Create()
    {
        var seconds = new Option<int>("--seconds") { Description = "For how long each figure is taken.", DefaultValueFactory = _ => 10 };
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often throughput is measured with and without a page, in turn.",
            DefaultValueFactory = _ => 6,
        };
        var pictures = new Option<string?>("--pictures")
        {
            Description =
                "Measures nothing; writes page.png, the picture of the README, and pictures of every view, dark and light, "
                    + "narrow and wide, into this folder.",
        };
        var only = new Option<string?>("--only") { Description = "Only 'frames' or only 'cost'." };
        only.AcceptOnlyFromAmong("frames", "cost");
        var json = new Option<bool>("--json") { Description = "Ends with one line of JSON." };
        var command = new Command(
            "page",
            "Measures in Chromium how many frames a second the page draws, of a group with five replicas and of 10,000 groups, "
                + "and what an open page costs three silos.")
        {
            seconds, rounds, pictures, only, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            if (parsed.GetValue(pictures) is { } folder)
            {
                await Pictures.TakeAsync(folder, Console.Error);
                return 0;
            }

            var duration = TimeSpan.FromSeconds(parsed.GetValue(seconds));
            var report = new PageReport { Machine = await Machine.DescribeAsync() };
            if (parsed.GetValue(only) is null or "frames")
            {
                report.Frames.AddRange(await FrameMeter.MeasureAsync(duration, Console.Error));
            }

            if (parsed.GetValue(only) is null or "cost")
            {
                report.Cost = await OpenPageCost.MeasureAsync(duration, parsed.GetValue(rounds), Console.Error);
            }

            await Console.Out.WriteLineAsync(parsed.GetValue(json) ? report.ToJson() : report.ToString());
            return 0;
        });
        return command;
    }
}
