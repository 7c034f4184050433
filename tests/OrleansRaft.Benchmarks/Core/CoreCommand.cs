using System.CommandLine;
using System.Globalization;
using OrleansRaft.Benchmarks.Macro;

namespace OrleansRaft.Benchmarks.Core;

/// <summary><c>core</c>: three replicas in one process, of Core alone, and as silos run them on one SQLite file.</summary>
internal static class CoreCommand
{
    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "How often each is measured; medians count.", DefaultValueFactory = static _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "The length of each measurement.", DefaultValueFactory = static _ => 3 };
        var alone = new Option<bool>("--alone") { Description = "Core alone, without what is around it in a silo." };
        var command = new Command(
            "core",
            "Measures proposals to three replicas in this process: how many a second, how many for each second of processor time, which other "
                + "programs on the machine hardly move, and what one allocates.")
        {
            rounds, seconds, alone,
        };
        command.SetAction(async (parsed, _) =>
        {
            var figures = await CoreBenchmark.RunAsync(
                Math.Max(1, parsed.GetValue(rounds)), TimeSpan.FromSeconds(parsed.GetValue(seconds)), withStore: !parsed.GetValue(alone));
            Console.WriteLine($"{await Machine.DescribeAsync()}");
            Console.WriteLine();
            Console.WriteLine(
                "| three replicas | outstanding | proposals a second (min to max) | for a second of processor time | bytes allocated for one |");
            Console.WriteLine("|---|--:|--:|--:|--:|");
            foreach (var figure in figures)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {figure.Name} | {figure.Outstanding:N0} "
                        + $"| {figure.PerSecond.Median:N0} ({figure.PerSecond.Min:N0} to {figure.PerSecond.Max:N0}) "
                        + $"| {figure.PerCpuSecond:N0} | {figure.BytesPerProposal:N0} |"));
            }
        });
        return command;
    }
}
