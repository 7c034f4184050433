using System.CommandLine;
using OrleansRaft.Chaos;
using OrleansRaft.Testbed;

TemporaryRoot.Use();

var seed = new Option<int>("--seed")
{
    Description = "The first seed; each draws its faults, and whether there are one PostgreSQL server or three.",
    DefaultValueFactory = _ => 1,
};
var count = new Option<int>("--count") { Description = "How many seeds, one after the other.", DefaultValueFactory = _ => 1 };
var seconds = new Option<double>("--seconds") { Description = "For how long each seed breaks its cluster.", DefaultValueFactory = _ => 60 };
var rest = new Option<double>("--rest")
{
    Description = "For how many seconds the cluster is left alone between two faults.",
    DefaultValueFactory = _ => 2,
};
var groups = new Option<int>("--groups") { Description = "How many groups.", DefaultValueFactory = _ => 4 };
var clients = new Option<int>("--clients") { Description = "How many clients increment counters.", DefaultValueFactory = _ => 16 };
var only = new Option<string?>("--only")
{
    Description = $"Draw only this fault: {string.Join(", ", Fault.All.Select(fault => fault.Name))}.",
    Validators =
    {
        result =>
        {
            if (result.GetValueOrDefault<string?>() is { } name && Fault.All.All(fault => fault.Name != name))
            {
                result.AddError($"There is no fault '{name}'; there are {string.Join(", ", Fault.All.Select(fault => fault.Name))}.");
            }
        },
    },
};
var command = new RootCommand(
    "Breaks clusters of three real silos on PostgreSQL in ways drawn from seeds, under load, and prints one JSON object for each fault, "
    + "with the longest time that a "
    + "counter went without an acknowledgement, and one for each seed, with what the checker found. "
    + "Ends with 1 when an acknowledged increment was lost, one was "
    + "applied twice, a read was out of order, or replicas differ.")
{
    seed, count, seconds, rest, groups, clients, only,
};
command.SetAction(async (parsed, cancellation) =>
{
    var run = new ChaosRun(
        new ChaosPlan(
            TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            TimeSpan.FromSeconds(parsed.GetValue(rest)),
            parsed.GetValue(groups),
            parsed.GetValue(clients),
            parsed.GetValue(only)),
        Console.Out,
        Console.Error);
    var first = parsed.GetValue(seed);
    var failed = new List<int>();
    for (var number = first; number < first + parsed.GetValue(count); number++)
    {
        if (!await run.RunAsync(number, cancellation))
        {
            failed.Add(number);
        }
    }

    run.Summarise();
    await Console.Error.WriteLineAsync(
        failed.Count == 0 ? "Nothing was lost, applied twice or read out of order." : $"Failed: seeds {string.Join(", ", failed)}.");
    return failed.Count == 0 ? 0 : 1;
});

var line = command.Parse(args);
if (line.Errors.Count > 0)
{
    await Console.Error.WriteLineAsync(
        string.Join(Environment.NewLine, line.Errors.Select(error => error.Message)) + $"{Environment.NewLine}See --help.");
    return 2;
}

return await line.InvokeAsync();
