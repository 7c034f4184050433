using System.CommandLine;
using OrleansRaft.Benchmarks.Macro;

namespace OrleansRaft.Benchmarks.Growth;

/// <summary><c>growth</c>: what the number of busy groups, replicas and PostgreSQL servers costs.</summary>
internal static class GrowthCommand
{
    public static Command Create()
    {
        var shapes = new Option<Shape[]>("--shapes")
        {
            Description = "Clusters, each as GROUPS, GROUPSxREPLICAS or GROUPSxREPLICASxSERVERS: 16 is 'oraft serve' as it comes. "
                + "Rates are also shown as a share of the first one's. [default: 1 3 16 64 1000 16x5 16x3x3]",
            DefaultValueFactory = static _ =>
                [new Shape(1), new Shape(3), new Shape(16), new Shape(64), new Shape(1_000), new Shape(16, 5), new Shape(16, 3, 3)],
            AllowMultipleArgumentsPerToken = true,
            CustomParser = static result =>
            {
                try
                {
                    return [.. result.Tokens.Select(static token => Shape.Parse(token.Value))];
                }
                catch (FormatException malformed)
                {
                    result.AddError(malformed.Message);
                    return [];
                }
            },
        };
        var connections = new Option<int[]>("--connections")
        {
            Description = "HTTP connections; several numbers measure each.",
            DefaultValueFactory = static _ => [1, 64, 256],
            AllowMultipleArgumentsPerToken = true,
        };
        var rounds = new Option<int>("--rounds") { Description = "How often each is measured.", DefaultValueFactory = static _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "The length of each measurement.", DefaultValueFactory = static _ => 3 };
        var command = new Command(
            "growth",
            "Measures increments of 1,000 counters over HTTP on clusters of 'oraft serve' with more and more groups, replicas and PostgreSQL "
                + "servers, and what each increment takes: processor time, context switches, calls, messages, transactions. All clusters run at once "
                + "and are measured in turn. Ends with 1 when counters do not add up.")
        {
            shapes, connections, rounds, seconds,
        };
        command.SetAction(async (parsed, _) =>
        {
            var (measured, counts) = (parsed.GetValue(shapes)!, parsed.GetValue(connections)!);
            await Console.Out.WriteLineAsync($"{await Machine.DescribeAsync()}");
            var table = new GrowthTable(measured, counts);
            await using var run = new GrowthRun(measured, Console.Error);
            var violations = await run.MeasureAsync(counts, parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(seconds)), table);
            table.WriteTo(Console.Out);
            foreach (var violation in violations)
            {
                await Console.Out.WriteLineAsync($"VIOLATION: {violation}");
            }

            return violations.Count == 0 ? 0 : 1;
        });
        return command;
    }
}
