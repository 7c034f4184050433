using System.CommandLine;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary><c>macro</c>: three processes on PostgreSQL under load, and others beside them.</summary>
internal static class MacroCommand
{
    public static Command Create()
    {
        var compare = new Option<bool>("--compare")
        {
            Description = "Measures etcd, a grain with AdoNet storage and plain PostgreSQL beside, in turn.",
        };
        var json = new Option<bool>("--json") { Description = "Ends with one line of JSON." };
        var quick = new Option<bool>("--quick") { Description = "Short runs once each, without the ten minutes of held load." };
        var groups = new Option<int>("--groups")
        {
            Description = "Over how many groups our counters are spread: one for every two cores unless given. "
                + "Fewer make larger batches; more use more cores.",
            DefaultValueFactory = _ => Math.Max(1, Environment.ProcessorCount / 2),
        };
        var workstation = new Option<bool>("--workstation-collector") { Description = "Runs our silos with the garbage collector for workstations." };
        var only = new Option<string?>("--only") { Description = "Only scenarios whose name contains this." };
        var command = new Command(
            "macro",
            "Measures increments and linearizable reads on three 'oraft serve' processes with PostgreSQL, over HTTP and through grain calls, "
            + "and Core in one process. "
            + "Checks at the end that the counters add up. About 30 minutes; with --quick three. Ends with 1 when something does not add up.")
        {
            compare, json, quick, groups, workstation, only,
        };
        command.SetAction(async (parsed, _) =>
        {
            var make = parsed.GetValue(quick) ? (Func<bool, int, bool, string?, MacroPlan>)MacroPlan.Quick : MacroPlan.Full;
            var plan = make(parsed.GetValue(compare), parsed.GetValue(groups), !parsed.GetValue(workstation), parsed.GetValue(only));
            await using var run = new MacroRun(plan, Console.Error);
            var report = await run.RunAsync();
            report.WriteTo(Console.Out);
            if (parsed.GetValue(json))
            {
                await Console.Out.WriteLineAsync(report.ToJson());
            }

            return report.Violations.Count == 0 ? 0 : 1;
        });
        return command;
    }
}
