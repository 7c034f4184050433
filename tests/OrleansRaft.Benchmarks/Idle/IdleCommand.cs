using System.CommandLine;

namespace OrleansRaft.Benchmarks.Idle;

/// <summary><c>idle</c>: what groups cost that do nothing, or next to nothing.</summary>
internal static class IdleCommand
{
    private const int GroupsMax = 20_000;

    public static Command Create()
    {
        var groups = new Option<int>("--groups")
        {
            Description = "How many groups of three replicas.",
            DefaultValueFactory = _ => 1_000,
            Validators =
            {
                result =>
                {
                    if (result.GetValueOrDefault<int>() is < 1 or > GroupsMax)
                    {
                        result.AddError($"--groups must be between 1 and {GroupsMax}.");
                    }
                },
            },
        };
        var seconds = new Option<int>("--seconds") { Description = "For how long each figure is taken.", DefaultValueFactory = _ => 30 };
        var noDashboard = new Option<bool>("--no-dashboard")
        {
            Description = "Leave Orleans' dashboard out of the silos: its counting of activations grows with them.",
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON object on the last line." };
        var command = new Command("idle", "Starts three silos on PostgreSQL, and measures what their groups cost idle and with 1 % of them active.")
        {
            groups,
            seconds,
            noDashboard,
            json,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var run = new IdleRun(
                parsed.GetValue(groups), TimeSpan.FromSeconds(parsed.GetValue(seconds)), hasDashboard: !parsed.GetValue(noDashboard), Console.Error);
            var figures = await run.MeasureAsync(cancellation);
            Console.WriteLine(parsed.GetValue(json) ? figures.ToJson() : figures.ToString());
            return 0;
        });
        return command;
    }
}
