using System.CommandLine;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft status</c>: the cluster at a glance.</summary>
internal static class StatusCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create() => CommandTree.Remote(
        "status", "Prints whether the cluster is ready, its silos, and groups without a leader.", RunAsync);

    private static async Task<ExitCode> RunAsync(Session session)
    {
        var ready = await session.Client.IsReadyAsync(session.Cancellation);
        var groups = new List<GroupView>();
        await foreach (var group in session.Client.ListGroupsAsync(session.Cancellation))
        {
            groups.Add(group.Value);
        }

        var leaderless = groups.Where(group => group.Leader is null).Select(group => group.Group).ToList();
        var silos = SilosOf(groups);
        Write(session, ready, groups.Count, leaderless, silos);

        return ready && leaderless.Count == 0
            ? ExitCode.Ok
            : throw new CliException(
                ExitCode.NoLeader,
                leaderless.Count > 0
                    ? $"{leaderless.Count} of {groups.Count} groups have no leader: {NamesOf(leaderless)}."
                    : $"the silo at {session.Client.Server} is not ready: it does not reach a leader of every group yet.",
                "Wait a second and run `oraft status` again; if it stays so, see `oraft group show` and the silos' logs.");
    }

    private static void Write(Session session, bool ready, int groups, List<string> leaderless, List<SiloSummary> silos)
    {
        if (session.Answers.Json)
        {
            session.Answers.WriteJson(new { server = session.Client.Server, ready, groups, leaderless, silos });
            return;
        }

        session.Answers.WriteLine($"server      {session.Client.Server}");
        session.Answers.WriteLine($"ready       {(ready ? "yes" : "no")}");
        session.Answers.WriteLine($"groups      {groups}, {leaderless.Count} without a leader");
        var table = AnswerWriter.NewTable("SILO", "#LEADS", "#REPLICAS", "#LAG");
        foreach (var silo in silos)
        {
            table.AddRow(Markup.Escape(silo.Silo), $"{silo.Leads}", $"{silo.Replicas}", $"{silo.Lag}");
        }

        session.Answers.WriteTable(table);
    }

    private static List<SiloSummary> SilosOf(List<GroupView> groups) =>
    [
        .. from @group in groups
           from replica in @group.Replicas
           where replica.Silo is not null
           group (Leads: replica.Replica == @group.Leader, Lag: @group.CommitIndex - (replica.AppliedIndex ?? @group.CommitIndex)) by replica.Silo into silo
           orderby silo.Key
           select new SiloSummary(silo.Key, silo.Count(replica => replica.Leads), silo.Count(), silo.Max(replica => replica.Lag)),
    ];

    private static string NamesOf(List<string> groups) =>
        string.Join(", ", groups.Take(5)) + (groups.Count > 5 ? ", ..." : "");

    /// <summary>One silo's part.</summary>
    /// <param name="Silo">Its name.</param>
    /// <param name="Leads">How many groups it leads.</param>
    /// <param name="Replicas">How many replicas it runs.</param>
    /// <param name="Lag">By how many entries its slowest replica trails what is committed.</param>
    private sealed record SiloSummary(string Silo, int Leads, int Replicas, long Lag);
}
