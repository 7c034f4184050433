using System.Globalization;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Cli.Demo;

/// <summary>The live table and the keys.</summary>
/// <param name="run">The demo.</param>
/// <param name="terminal">Where it is drawn.</param>
internal sealed class DemoScreen(DemoRun run, TextWriter terminal)
{
    private const string Keys = "[bold]k[/] kill the leader's silo   [bold]p[/] partition it   [bold]h[/] heal   [bold]q[/] quit";

    private readonly Queue<(long At, IReadOnlyDictionary<string, long> ByGroup)> window = [];
    private (long P50, long P99) latency;

    /// <summary>Shows the demo until q, the end of the time, or an interruption.</summary>
    public async Task ShowAsync(double? seconds, CancellationToken cancellation)
    {
        run.Story.ShowOnScreen(true);
        try
        {
            using var screen = new TerminalScreen(terminal);
            screen.Draw(_ => Compose());
            while (!cancellation.IsCancellationRequested && !(run.Story.Elapsed.TotalSeconds > seconds) && HandleKeys(cancellation))
            {
                await run.BeatAsync(cancellation);
                Measure();
                screen.Draw(_ => Compose());
            }
        }
        finally
        {
            run.Story.ShowOnScreen(false);
        }
    }

    /// <summary>Handles what was typed; answers false on q.</summary>
    private bool HandleKeys(CancellationToken cancellation)
    {
        while (Console.KeyAvailable)
        {
            switch (char.ToLowerInvariant(Console.ReadKey(intercept: true).KeyChar))
            {
                case 'k':
                    run.KillLeader();
                    break;
                case 'p':
                    run.IsolateLeader();
                    break;
                case 'h':
                    run.BeginHealing(cancellation);
                    break;
                case 'q':
                    return false;
            }
        }

        return true;
    }

    /// <summary>Keeps the last seconds of rates, so that the numbers can be read.</summary>
    private void Measure()
    {
        var (p50, p99, byGroup) = run.Load.Meter.TakeRecent();
        latency = p50 > 0 ? (p50, p99) : latency;
        window.Enqueue((Environment.TickCount64, byGroup));
        while (window.Peek().At < Environment.TickCount64 - 2_000 && window.Count > 1)
        {
            window.Dequeue();
        }
    }

    private ScreenFrame Compose() => new(
        [DrawGroups(), new Markup(DrawSilos()), new Markup(DrawLoad())],
        run.Story.Last,
        new Markup(Keys));

    private Table DrawGroups()
    {
        var seconds = Math.Max(0.2, (Environment.TickCount64 - (window.TryPeek(out var first) ? first.At : Environment.TickCount64)) / 1000.0);
        var table = AnswerWriter.NewTable("GROUP", "LEADER", "SILO", "#TERM", "#COMMITTED", "#COMMITS/S", "#LAG");
        foreach (var group in run.Groups)
        {
            var commits = window.Sum(beat => beat.ByGroup.GetValueOrDefault(group.Group));
            table.AddRow(
                Markup.Escape(group.Group),
                group.Leader is { } leader ? $"replica {leader}" : "[red]none[/]",
                Markup.Escape(group.LeaderReplica?.Silo ?? "-"),
                $"{group.Term}",
                $"{group.CommitIndex}",
                (commits / seconds).ToString("0", CultureInfo.InvariantCulture),
                LagOf(group));
        }

        return table;
    }

    private static string LagOf(GroupAnswer group) =>
        $"{group.CommitIndex - group.Replicas.Min(replica => replica.AppliedIndex ?? group.CommitIndex)}";

    private string DrawSilos() => string.Join("   ", run.Cluster.Silos.Select(silo => silo.State switch
    {
        DemoSiloState.Running => $"[green]{silo.Identity.Name}[/]",
        DemoSiloState.Starting => $"[yellow]{silo.Identity.Name} starts[/]",
        DemoSiloState.Isolated => $"[yellow]{silo.Identity.Name} cut off[/]",
        _ => $"[red]{silo.Identity.Name} dead[/]",
    })) + $"   {run.Cluster.Door.Address}";

    private string DrawLoad()
    {
        var verdict = run.Load.Verdict;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{verdict.Acknowledged} increments, p50 {latency.P50 / 1000.0:0.0} ms, p99 {latency.P99 / 1000.0:0.0} ms\n"
            + $"{verdict.Lost} lost, {verdict.Twice} applied twice; longest pause of a user {run.Load.Meter.LongestGap.TotalMilliseconds:0} ms");
    }
}
