using System.CommandLine;
using OrleansRaft.Chaos;

var seed = new Option<int>("--seed") { Description = "Draws the faults; the same seed draws the same ones.", DefaultValueFactory = _ => 1 };
var count = new Option<int>("--count") { Description = "How many faults.", DefaultValueFactory = _ => 10 };
var seconds = new Option<double>("--seconds") { Description = "For how long the load runs before and after each fault.", DefaultValueFactory = _ => 5 };
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
    "Breaks a cluster of three real silos on PostgreSQL in ways drawn from a seed, under load, and prints one JSON object for each fault: the longest time that a "
    + "counter went without an acknowledgement, and what the checker found. Ends with 1 when an acknowledged increment was lost or one was applied twice.")
{
    seed, count, seconds, groups, clients, only,
};
command.SetAction(async (parsed, cancellation) =>
{
    var plan = new ChaosPlan(
        parsed.GetValue(seed),
        parsed.GetValue(count),
        TimeSpan.FromSeconds(parsed.GetValue(seconds)),
        parsed.GetValue(groups),
        parsed.GetValue(clients),
        parsed.GetValue(only));
    return await new ChaosRun(plan, Console.Out, Console.Error).RunAsync(cancellation) ? 0 : 1;
});

var line = command.Parse(args);
if (line.Errors.Count > 0)
{
    await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, line.Errors.Select(error => error.Message)) + $"{Environment.NewLine}See --help.");
    return 2;
}

return await line.InvokeAsync();
