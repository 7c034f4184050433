using System.CommandLine;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Cli.Commands;

/// <summary><c>oraft status</c>: the cluster at a glance.</summary>
internal static class StatusCommand
{
    private const int AlarmsShownMax = 10;

    /// <summary>Makes the command.</summary>
    public static Command Create() => RemoteCommand.Create(
        "status",
        "Prints what is wrong in the cluster, whether the silo is ready, the silos, and groups without a leader. Ends with 1 when there is an alarm.",
        RunAsync);

    private static async Task<ExitCode> RunAsync(Session session)
    {
        var unreadiness = await session.Client.FindUnreadinessAsync(session.Cancellation);
        var alarms = await session.Client.ListAlarmsAsync(session.Cancellation);
        var groups = new List<GroupAnswer>();
        await foreach (var group in session.Client.ListGroupsAsync(session.Cancellation))
        {
            groups.Add(group.Value);
        }

        // A silo that is not ready may wait for the store that knows the silos: what is wrong is to be seen at once.
        var silos = SilosOf(groups, unreadiness is null ? await ListActiveAsync(session) : []);
        var leaderless = groups.Where(group => group.Leader is null).Select(group => group.Group).ToList();
        Write(session, new Standing(unreadiness is null, groups.Count, leaderless, alarms, silos));
        return alarms.Count > 0 ? throw Alarmed(CausesFirst(alarms))
            : unreadiness is not null ? throw new CliException(
                ExitCode.Refused,
                $"the silo at {session.Client.Server} is not ready. {unreadiness}",
                "Run `oraft status` again in a second; if it stays so, see the silo's log.")
            : leaderless.Count > 0 ? throw new CliException(
                ExitCode.NoLeader,
                $"{leaderless.Count} of {groups.Count} groups have no leader at this moment: {NamesOf(leaderless)}.",
                "Wait a second and run `oraft status` again; if it stays so, see `oraft group show` and the silos' logs.")
            : ExitCode.Ok;
    }

    /// <summary>A disk that is full leaves many groups without a leader: those come last, or nothing else would be seen.</summary>
    private static List<AlarmAnswer> CausesFirst(IReadOnlyList<AlarmAnswer> alarms) =>
        [.. alarms.OrderBy(static alarm => alarm.Alarm == AlarmNames.Leaderless)];

    private static CliException Alarmed(List<AlarmAnswer> alarms) => new(
        ExitCode.Refused,
        alarms.Count == 1 ? $"there is an alarm: {alarms[0].Detail}" : $"there are {alarms.Count} alarms, the first: {alarms[0].Detail}",
        alarms[0].Remedy);

    private static void Write(Session session, Standing standing)
    {
        if (session.Answers.Json)
        {
            session.Answers.WriteJson(
                new { server = session.Client.Server, standing.Ready, standing.Groups, standing.Leaderless, standing.Alarms, standing.Silos });
            return;
        }

        session.Answers.WriteLine($"alarms      {(standing.Alarms.Count == 0 ? "none" : standing.Alarms.Count)}");
        foreach (var alarm in CausesFirst(standing.Alarms).Take(AlarmsShownMax))
        {
            session.Answers.WriteLine(
                $"  {alarm.Alarm}{(alarm.Silo is null ? "" : $" on {alarm.Silo}")} since {alarm.Since.ToLocalTime():yyyy-MM-dd HH:mm:ss}");
            session.Answers.WriteLine($"    {alarm.Detail}");
            session.Answers.WriteLine($"    {alarm.Remedy}");
        }

        if (standing.Alarms.Count > AlarmsShownMax)
        {
            session.Answers.WriteLine($"  and {standing.Alarms.Count - AlarmsShownMax} more: `oraft status --json` prints them all");
        }

        session.Answers.WriteLine($"server      {session.Client.Server}");
        session.Answers.WriteLine($"ready       {(standing.Ready ? "yes" : "no")}");
        session.Answers.WriteLine($"groups      {standing.Groups}, {standing.Leaderless.Count} without a leader");
        var table = AnswerWriter.NewTable("SILO", "#LEADS", "#REPLICAS", "#LAG");
        foreach (var silo in standing.Silos)
        {
            table.AddRow(Markup.Escape(silo.Silo), $"{silo.Leads}", $"{silo.Replicas}", $"{silo.Lag}");
        }

        session.Answers.WriteTable(table);
    }

    /// <summary>The silos that are there, also those without a replica; none where they are not told.</summary>
    private static async Task<IEnumerable<string>> ListActiveAsync(Session session)
    {
        try
        {
            var known = await session.Client.GetLevelsAsync(session.Cancellation);
            return known.Value.Silos.Where(static silo => silo.Active).Select(static silo => silo.Silo);
        }
        catch (CliException)
        {
            return [];
        }
    }

    private static List<SiloSummary> SilosOf(List<GroupAnswer> groups, IEnumerable<string> active)
    {
        var hosting = (from @group in groups
                       from replica in @group.Replicas
                       where replica.Silo is not null
                       group (
                           Leads: replica.Replica == @group.Leader,
                           Lag: @group.CommitIndex - (replica.AppliedIndex ?? @group.CommitIndex)) by replica.Silo into silo
                       select new SiloSummary(
                           silo.Key, silo.Count(replica => replica.Leads), silo.Count(), silo.Max(replica => replica.Lag))).ToList();
        var others = active.Except(hosting.Select(static silo => silo.Silo), StringComparer.Ordinal)
            .Select(static name => new SiloSummary(name, 0, 0, 0));
        return [.. hosting.Concat(others).OrderBy(static silo => silo.Silo, StringComparer.Ordinal)];
    }

    private static string NamesOf(List<string> groups) =>
        string.Join(", ", groups.Take(5)) + (groups.Count > 5 ? ", ..." : "");

    /// <summary>What there is to tell.</summary>
    /// <param name="Ready">Whether the silo that was asked is ready.</param>
    /// <param name="Groups">How many groups there are.</param>
    /// <param name="Leaderless">Those without a leader.</param>
    /// <param name="Alarms">What is wrong anywhere.</param>
    /// <param name="Silos">The silos.</param>
    private sealed record Standing(bool Ready, int Groups, List<string> Leaderless, IReadOnlyList<AlarmAnswer> Alarms, List<SiloSummary> Silos);

    /// <summary>One silo's part.</summary>
    /// <param name="Silo">Its name.</param>
    /// <param name="Leads">How many groups it leads.</param>
    /// <param name="Replicas">How many replicas it runs.</param>
    /// <param name="Lag">By how many entries its slowest replica trails what is committed.</param>
    private sealed record SiloSummary(string Silo, int Leads, int Replicas, long Lag);
}
