using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OrleansRaft.Benchmarks.Silos;
using OrleansRaft.Testbed.PostgreSql;

namespace OrleansRaft.Benchmarks.Failover;

/// <summary>
/// <c>failover</c>: for how long writes fail when a silo is killed or paused; a plain grain and a group, hit by the same strike in the same cluster.
/// </summary>
internal static class FailoverCommand
{
    private static readonly string[] Faults = ["kill", "pause"];

    private static readonly Dictionary<string, string[]> Memberships = new(StringComparer.Ordinal)
    {
        ["default"] = [],
        ["recommended"] =
        [
            "Orleans:Membership:ProbeTimeout=00:00:01",
            "Orleans:Membership:EnableIndirectProbes=false",
        ],
        // As fast as it goes, and no recommendation: one silo alone declares another dead that two probes of half a second missed, as a long garbage
        // collection makes it.
        ["fastest"] =
        [
            "Orleans:Membership:ProbeTimeout=00:00:00.5",
            "Orleans:Membership:MinProbeTimeout=00:00:00.5",
            "Orleans:Membership:MaxProbeTimeout=00:00:00.5",
            "Orleans:Membership:NumMissedProbesLimit=2",
            "Orleans:Membership:NumVotesForDeathDeclaration=1",
            "Orleans:Membership:EnableIndirectProbes=false",
            "Orleans:Membership:EnableConnectionLivenessCheck=false",
        ],
    };

    private static readonly Option<int> Trials = new("--trials") { Description = "How many trials of each kind.", DefaultValueFactory = _ => 20 };

    private static readonly Option<string> OnlyFault = new("--fault") { Description = "Only one of: kill, pause." };

    private static readonly Option<string> OnlyMembership = new("--membership") { Description = "Only one of: default, recommended, fastest." };

    private static readonly Option<bool> Json = new("--json") { Description = "End stdout with one JSON object." };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        OnlyFault.AcceptOnlyFromAmong(Faults);
        OnlyMembership.AcceptOnlyFromAmong([.. Memberships.Keys]);
        var command = new Command(
            "failover", "Measures how long writes fail after kill -9 and after a pause: a plain grain, and a group, in the same cluster.")
        {
            Trials, OnlyFault, OnlyMembership, Json,
        };
        command.SetAction(parsed => RunAsync(
            Math.Max(1, parsed.GetValue(Trials)), parsed.GetValue(OnlyFault), parsed.GetValue(OnlyMembership), parsed.GetValue(Json)));
        return command;
    }

    private static async Task<int> RunAsync(int trials, string? onlyFault, string? onlyMembership, bool json)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var rows = new List<Row>();
        foreach (var (membership, settings) in Memberships.Where(pair => onlyMembership is null || pair.Key == onlyMembership))
        {
            await using var cluster = new LibraryCluster(await postgres.CreateDatabaseAsync(), settings);
            cluster.Start();
            foreach (var fault in Faults.Where(fault => onlyFault is null || fault == onlyFault))
            {
                rows.AddRange(await MeasureAsync(cluster, fault, membership, trials));
            }
        }

        WriteTable(rows);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                rows = rows.Select(row => new
                {
                    system = row.System,
                    fault = row.Fault,
                    membership = row.Membership,
                    median_ms = row.Median,
                    max_ms = row.Longest,
                    trials = row.Times.Count,
                }),
            }));
        }

        return 0;
    }

    private static async Task<Row[]> MeasureAsync(LibraryCluster cluster, string fault, string membership, int trials)
    {
        var trial = new FailoverTrial(cluster);
        var group = new Row("group", fault, membership, []);
        var grain = new Row("grain", fault, membership, []);
        for (var number = 1; number <= trials; number++)
        {
            var result = await trial.RunAsync(isPause: fault == "pause");
            group.Times.Add(result.Group.TotalMilliseconds);
            grain.Times.Add(result.Grain.TotalMilliseconds);
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{fault}, {membership} membership, {number} of {trials}: group {result.Group.TotalMilliseconds:0} ms, plain grain "
                    + $"{result.Grain.TotalMilliseconds:0} ms"));
        }

        return [group, grain];
    }

    private static void WriteTable(List<Row> rows)
    {
        Console.WriteLine("| fault | membership | system | median | longest | trials |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var row in rows)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {row.Fault} | {row.Membership} | {(row.System == "grain" ? "plain grain" : "group")} | {row.Median:N0} ms | {row.Longest:N0} ms "
                    + $"| {row.Times.Count} |"));
        }
    }

    private sealed record Row(string System, string Fault, string Membership, List<double> Times)
    {
        public double Median
        {
            get
            {
                var sorted = Times.Order().ToList();
                return Math.Round((sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2, 1);
            }
        }

        public double Longest => Math.Round(Times.Max(), 1);
    }
}
