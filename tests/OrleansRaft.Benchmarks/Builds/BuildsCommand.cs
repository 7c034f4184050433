using System.CommandLine;
using OrleansRaft.Benchmarks.Macro;

namespace OrleansRaft.Benchmarks.Builds;

/// <summary><c>builds</c>: builds of several commits, in turn.</summary>
internal static class BuildsCommand
{
    public static Command Create()
    {
        var published = new Argument<Build[]>("builds")
        {
            Description = "Two or more, as NAME=FOLDER, where FOLDER is what 'dotnet publish -c Release src/OrleansRaft.Cli -o FOLDER' "
                + "made of a commit.",
            Arity = new ArgumentArity(2, 8),
            CustomParser = static result =>
            {
                try
                {
                    return [.. result.Tokens.Select(static token => Build.Parse(token.Value))];
                }
                catch (FormatException malformed)
                {
                    result.AddError(malformed.Message);
                    return [];
                }
            },
        };
        var groups = new Option<int[]>("--groups")
        {
            Description = "Over how many groups the counters are spread; several numbers measure each.",
            DefaultValueFactory = static _ => [1, 16],
            AllowMultipleArgumentsPerToken = true,
        };
        var connections = new Option<int>("--connections") { Description = "HTTP connections.", DefaultValueFactory = static _ => 64 };
        var clusters = new Option<int>("--clusters")
        {
            Description = "How many clusters of each build are started, one after the other: where leaders live and what the runtime "
                + "compiled differs from one to the next.",
            DefaultValueFactory = static _ => 4,
        };
        var rounds = new Option<int>("--rounds") { Description = "How often each cluster is measured.", DefaultValueFactory = static _ => 6 };
        var seconds = new Option<double>("--seconds") { Description = "The length of each measurement.", DefaultValueFactory = static _ => 3 };
        var command = new Command(
            "builds",
            "Measures increments over HTTP on three 'oraft serve' processes of each build, in turn on one machine and one PostgreSQL "
            + "server. Each round measures all, forth and then back, so that a machine that changes its mind changes it for everybody; ratios are "
            + "those of the first to each, round by round. "
            + "Ends with 1 when counters do not add up.")
        {
            published, groups, connections, clusters, rounds, seconds,
        };
        command.SetAction(async (parsed, _) =>
        {
            var violations = new List<string>();
            var load = new BuildsLoad(parsed.GetValue(connections), parsed.GetValue(rounds), TimeSpan.FromSeconds(parsed.GetValue(seconds)));
            var builds = parsed.GetValue(published)!;
            await Console.Out.WriteLineAsync($"{await Machine.DescribeAsync()}");
            foreach (var count in parsed.GetValue(groups)!)
            {
                var table = new BuildsTable(builds, count, load.Connections);
                for (var cluster = 0; cluster < parsed.GetValue(clusters); cluster++)
                {
                    await using var run = new BuildsRun(builds, count, Console.Error);
                    violations.AddRange(await run.MeasureAsync(load, table));
                }

                table.WriteTo(Console.Out);
            }

            foreach (var violation in violations)
            {
                await Console.Out.WriteLineAsync($"VIOLATION: {violation}");
            }

            return violations.Count == 0 ? 0 : 1;
        });
        return command;
    }
}
