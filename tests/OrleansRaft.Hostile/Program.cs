using System.CommandLine;
using OrleansRaft.Hostile;
using OrleansRaft.Testbed;

TemporaryRoot.Use();
var seed = new Option<int>("--seed") { Description = "What decides the bytes that are sent.", DefaultValueFactory = _ => 1 };
var seconds = new Option<double>("--seconds")
{
    Description = "For how long to attack; each attack is made at least once.",
    DefaultValueFactory = _ => 60,
};
var command = new RootCommand(
    "Attacks a silo of its own on this machine's loopback, on every port: every route with wrong methods, bodies and sizes, slow readers and "
    + "writers, floods of names, keys and streams, and ports of silos and of Orleans clients that get noise, frames cut short and frames sent "
    + "again. Prints one line for each attack. Ends with 1 when the silo died, failed by an error of its own, lost what it had acknowledged, kept "
    + "memory, or did not serve an honest client meanwhile.")
{
    seed, seconds,
};
command.SetAction(async (parsed, cancellation) =>
{
    var verdict = await HostileRun.RunAsync(
        parsed.GetValue(seed), TimeSpan.FromSeconds(parsed.GetValue(seconds)), Console.Out.WriteLine, cancellation);
    foreach (var problem in verdict.Problems)
    {
        await Console.Out.WriteLineAsync($"PROBLEM {problem}");
    }

    await Console.Out.WriteLineAsync(verdict.Summary);
    return verdict.Problems.Count == 0 ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();
