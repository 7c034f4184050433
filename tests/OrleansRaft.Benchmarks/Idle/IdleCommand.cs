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
        var json = new Option<bool>("--json") { Description = "Print one JSON object on the last line." };
        var command = new Command("idle", "Starts three silos on PostgreSQL, and measures what their groups cost idle and with 1 % of them active.") { groups, seconds, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var run = new IdleRun(parsed.GetValue(groups), TimeSpan.FromSeconds(parsed.GetValue(seconds)), Console.Error);
            var figures = await run.MeasureAsync(cancellation);
            Console.WriteLine(parsed.GetValue(json) ? figures.ToJson() : figures.ToString());
            return 0;
        });
        return command;
    }
}
