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
    if (parsed.GetValue(mutant) is not { } wanted)
    {
        return RunCommand.Execute(arguments.Seed, arguments.Count, arguments.UntilFailure, arguments.Trace);
    }

    if (MutantCatalogue.Find(wanted) is not { } planted)
    {
        Console.Error.WriteLine($"There is no mutant '{wanted}'. The command 'mutants' lists those there are.");
        return 2;
    }

    return MutantHost.Run(planted, arguments.Seed, arguments.Count, arguments.UntilFailure, arguments.Trace);
});

var hunt = new Option<bool>("--hunt") { Description = "Hunts them, and prints how many seeds each took." };
var name = new Option<string[]>("--name") { Description = "Only these.", AllowMultipleArgumentsPerToken = true };
var from = new Option<ulong[]>("--from")
{
    Description = "The first seeds of a hunt.",
    AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = _ => [1, 50_000, 900_000],
};
var most = new Option<long>("--count") { Description = "How many seeds a hunt may take.", DefaultValueFactory = _ => 2_000 };
var mutants = new Command("mutants", "Lists the bugs that --mutant can plant, or hunts them.") { hunt, name, from, most };
mutants.SetAction(parsed =>
{
    var names = parsed.GetValue(name) ?? [];
    var chosen = MutantCatalogue.All.Where(one => names.Length == 0 || names.Contains(one.Name)).ToList();
    if (chosen.Count < names.Length)
    {
        Console.Error.WriteLine("There is no mutant of one of these names. The command 'mutants' lists those there are.");
        return 2;
    }

    if (parsed.GetValue(hunt))
    {
        return HuntCommand.Execute(chosen, parsed.GetValue(from)!, parsed.GetValue(most));
    }

    chosen.ForEach(one => Console.Out.WriteLine($"{one.Name}  {one.Summary}"));
    return 0;
});

var script = new Command(
    "script", "Drives a cluster in memory step by step: JSON lines on the standard input, one answer each on the standard output.");
script.SetAction(_ => ScriptSession.Run());

var parsed = new RootCommand("Attacks OrleansRaft under a virtual clock, from a seed.") { run, mutants, script }.Parse(args);
var answer = parsed.Invoke();
return parsed.Errors.Count > 0 ? 2 : answer;
