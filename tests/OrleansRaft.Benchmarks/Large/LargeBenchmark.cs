using System.CommandLine;
using OrleansRaft.Benchmarks.Builds;
using OrleansRaft.Benchmarks.Macro;

namespace OrleansRaft.Benchmarks.Large;

/// <summary><c>large</c>: what large states cost in silos that serve.</summary>
internal static class LargeBenchmark
{
    public static Command Create()
    {
        var counters = Number("--counters", "How many counters one group holds; 0 leaves that out.", 1_000_000);
        var grains = Number("--grains", "How many replicated grains one group holds; 0 leaves that out.", 1_000_000);
        var mebibytes = Number("--mib", "How many MiB the state of one group has; 0 leaves that out.", 1_024);
        var parts = new Option<string[]>("--parts")
        {
            Description = "What to measure of --mib: snapshots, member, restart. Snapshots are written in any case, since the others need them.",
            DefaultValueFactory = static _ => LargeState.Parts,
            AllowMultipleArgumentsPerToken = true,
        };
        parts.AcceptOnlyFromAmong(LargeState.Parts);
        var seconds = Number("--seconds", "For how long each load goes on at least.", 30);
        var former = new Option<string?>("--former")
        {
            Description = "FOLDER with a published build of a former commit: small states on it and on --now, in turn.",
        };
        var now = new Option<string?>("--now") { Description = "FOLDER with a published build of this commit, for --former." };
        var json = new Option<bool>("--json") { Description = "The last line is one JSON object with every figure." };
        var command = new Command(
            "large", "Measures a million counters, a million replicated grains and a gibibyte of state in one group, in four silo processes. Linux.")
        {
            counters, grains, mebibytes, parts, seconds, former, now, json,
        };
        command.SetAction(async (parsed, _) =>
        {
            await Console.Out.WriteLineAsync($"{await Machine.DescribeAsync()}");
            await Console.Out.WriteLineAsync();
            var table = new LargeTable();
            var length = TimeSpan.FromSeconds(parsed.GetValue(seconds));
            if (parsed.GetValue(counters) is > 0 and var count)
            {
                await new LargeKeys(table, LargeKind.Counters, count, length).RunAsync();
            }

            if (parsed.GetValue(grains) is > 0 and var keys)
            {
                await new LargeKeys(table, LargeKind.Grains, keys, length).RunAsync();
            }

            if (parsed.GetValue(mebibytes) is > 0 and var size)
            {
                await new LargeState(table, size * 1024L * 1024, length).RunAsync(parsed.GetValue(parts)!);
            }

            if ((parsed.GetValue(former), parsed.GetValue(now)) is ({ } before, { } after))
            {
                await CompareAsync(table, Build.Parse($"now={after}"), Build.Parse($"former={before}"));
            }

            table.WriteTo(Console.Out);
            if (parsed.GetValue(json))
            {
                await Console.Out.WriteLineAsync(table.ToJson());
            }

            return 0;
        });
        return command;
    }

    private static Option<int> Number(string name, string description, int otherwise) =>
        new(name) { Description = description, DefaultValueFactory = _ => otherwise };

    /// <summary>Small states must not pay for large ones: the same as <c>builds</c>, with one row.</summary>
    private static async Task CompareAsync(LargeTable table, Build now, Build former)
    {
        var load = new BuildsLoad(Connections: 64, Rounds: 6, TimeSpan.FromSeconds(3));
        var measured = new BuildsTable([now, former], groups: 1, load.Connections);
        for (var cluster = 0; cluster < 4; cluster++)
        {
            await using var run = new BuildsRun([now, former], 1, Console.Error);
            foreach (var violation in await run.MeasureAsync(load, measured))
            {
                await Console.Out.WriteLineAsync($"VIOLATION: {violation}");
            }
        }

        measured.WriteTo(Console.Out);
        table.Below("small states: increments/s of the former commit for one of this", 1 / measured.RateRatio(1), 1.03, "");
        table.Below("small states: processor time of this commit for one of the former", measured.CpuRatio(1), 1.03, "");
    }
}
