using System.CommandLine;
using OrleansRaft.Simulation.Cli;
using OrleansRaft.Simulation.Mutants;
using OrleansRaft.Simulation.Script;

var seed = new Option<ulong>("--seed") { Description = "The first seed.", DefaultValueFactory = _ => 1 };
var count = new Option<long?>("--count") { Description = "How many seeds; 1, or with --until-failure no end." };
var mutant = new Option<string?>("--mutant") { Description = "Plants a bug; 'mutants' lists them." };
var untilFailure = new Option<bool>("--until-failure") { Description = "Stops after the first seed that fails." };
var trace = new Option<bool>("--trace") { Description = "Writes what happens to the standard error." };

var run = new Command("run", "Runs simulations and prints one JSON line for each seed.") { seed, count, mutant, untilFailure, trace };
run.SetAction(parsed =>
{
    var arguments = (
        Seed: parsed.GetValue(seed),
        Count: parsed.GetValue(count) ?? (parsed.GetValue(untilFailure) ? long.MaxValue : 1),
        UntilFailure: parsed.GetValue(untilFailure),
        Trace: parsed.GetValue(trace));
    if (parsed.GetValue(mutant) is not { } name)
    {
        return RunCommand.Execute(arguments.Seed, arguments.Count, arguments.UntilFailure, arguments.Trace);
    }

    if (MutantCatalogue.Find(name) is not { } planted)
    {
        Console.Error.WriteLine($"There is no mutant '{name}'. The command 'mutants' lists those there are.");
        return 2;
    }

    return MutantHost.Run(planted, arguments.Seed, arguments.Count, arguments.UntilFailure, arguments.Trace);
});

var mutants = new Command("mutants", "Lists the bugs that --mutant can plant.");
mutants.SetAction(_ =>
{
    foreach (var one in MutantCatalogue.All)
    {
        Console.Out.WriteLine($"{one.Name}  {one.Summary}");
    }
});

var script = new Command("script", "Drives a cluster in memory step by step: JSON lines on the standard input, one answer each on the standard output.");
script.SetAction(_ => ScriptSession.Run(Console.In, Console.Out));

var parsed = new RootCommand("Attacks OrleansRaft under a virtual clock, from a seed.") { run, mutants, script }.Parse(args);
var answer = parsed.Invoke();
return parsed.Errors.Count > 0 ? 2 : answer;
