using System.CommandLine;
using System.Globalization;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Commands;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Cli.Bench;

/// <summary><c>oraft bench</c>: puts a running server under load and prints how it fared.</summary>
internal static class BenchCommand
{
    private static readonly Option<int> Connections = Count("--connections", "How many connections send requests, one at a time each.", 16, 4_096);
    private static readonly Option<int> Seconds = Count("--seconds", "For how long.", 10, 86_400);
    private static readonly Option<int> Counters = Count("--counters", "Over how many counters the load is spread; 1 for a hot one.", 100, 100_000);
    private static readonly Option<bool> Reads = new("--reads") { Description = "Read (linearizably) instead of incrementing." };
    private static readonly Option<string> Tenant = new("--tenant")
    {
        Description = "Whose counters. They are new ones, and removed at the end.",
        DefaultValueFactory = _ => "bench",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = RemoteCommand.Create("bench", "Puts a server under load, prints latencies, and checks that the counters add up.", RunAsync);
        command.Add(Connections);
        command.Add(Seconds);
        command.Add(Counters);
        command.Add(Reads);
        command.Add(Tenant);
        return command;
    }

    private static async Task<ExitCode> RunAsync(Session session)
    {
        var parsed = session.Parsed;
        var plan = new BenchPlan(
            parsed.GetValue(Connections),
            TimeSpan.FromSeconds(parsed.GetValue(Seconds)),
            parsed.GetValue(Counters),
            parsed.GetValue(Reads),
            parsed.GetRequiredValue(Tenant));
        using var run = new BenchRun(session.Client, plan, parsed.InvocationConfiguration.Error);
        var result = await run.RunAsync(session.Cancellation);
        Write(session.Answers, plan, result);
        return result.Operations > 0
            ? ExitCode.Ok
            : throw new CliException(
                ExitCode.Refused, $"no operation succeeded: {result.FirstFailure}.", "`oraft status` tells whether the cluster is ready.");
    }

    private static void Write(AnswerWriter answers, BenchPlan plan, BenchResult result)
    {
        var operation = plan.Reads ? "linearizable read" : "increment";
        if (answers.Json)
        {
            answers.WriteJson(new { operation, plan.Connections, plan.Counters, seconds = plan.Duration.TotalSeconds, result });
            return;
        }

        answers.WriteLine($"{operation}s by {plan.Connections} connections on {plan.Counters} counters for {plan.Duration.TotalSeconds:0} s");
        var table = AnswerWriter.NewTable("#PER SECOND", "#MEAN ms", "#P50", "#P90", "#P99", "#P99.9", "#MAX", "#FAILED");
        table.AddRow([.. new[] { result.PerSecond, result.Mean, result.P50, result.P90, result.P99, result.P999, result.Max, result.Failed }
            .Select(static value => value.ToString("0.###", CultureInfo.InvariantCulture))]);
        answers.WriteTable(table);
        if (result.Failed > 0)
        {
            answers.WriteLine($"the first failure: {result.FirstFailure}");
        }
    }

    private static Option<int> Count(string name, string description, int standard, int most) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => standard,
        Validators =
        {
            result =>
            {
                if (result.Tokens.Count > 0
                    && (!int.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var number) || number < 1 || number > most))
                {
                    result.AddError($"{name} is '{result.Tokens[0].Value}', but must be a whole number from 1 to {most}.");
                }
            },
        },
    };
}
