using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Grains.Hosting;

namespace OrleansRaft.Cli.Serve;

/// <summary>
/// Stops a silo in the order in which its clients notice nothing: it says that it is not ready and serves on for the drain time, in which load
/// balancers learn of it; its leaderships go; its port is closed; it leaves the cluster.
/// </summary>
/// <param name="app">The silo.</param>
/// <param name="settings">What it was started with.</param>
/// <param name="error">Where it is told.</param>
internal sealed class SiloStop(WebApplication app, ServeSettings settings, TextWriter error)
{
    // When an orderly stop is given up, with the drain: what a drain shorter than the default leaves of it goes to the rest, which takes long on a
    // busy machine.
    private static readonly TimeSpan WholeTimeMax = TimeSpan.FromSeconds(9);
    private static readonly TimeSpan TimeAfterDrainMin = TimeSpan.FromSeconds(4.5);

    // How much later the process ends, whatever still goes on.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(0.25);

    // For how long answers ask clients to close their connections, before the port is closed.
    private static readonly TimeSpan LastAnswersMax = TimeSpan.FromSeconds(1);
    private const int LastAnswersPart = 5;

    private TimeSpan TimeAfterDrainMax =>
        WholeTimeMax - settings.Drain is var left && left > TimeAfterDrainMin ? left : TimeAfterDrainMin;

    /// <summary>Stops it.</summary>
    /// <param name="endDrain">Ends the drain.</param>
    /// <exception cref="CliException">It was ended before all of it had stopped.</exception>
    public async Task RunAsync(CancellationToken endDrain)
    {
        var drain = app.Services.GetRequiredService<IRaftDrain>();
        drain.Begin();
        if (settings.Drain > TimeSpan.Zero)
        {
            await error.WriteLineAsync($"stopping: not ready any more, still serving for {Seconds(settings.Drain)} s (a second signal ends this)");
            await WaitAsync(settings.Drain, endDrain);
        }

        await error.WriteLineAsync("stopping: handing leaderships over to the other silos");
        using var order = new CancellationTokenSource(TimeAfterDrainMax);
        using var end = new CancellationTokenSource(TimeAfterDrainMax + Grace);
        var lastAnswers = settings.Drain / LastAnswersPart;
        await Task.WhenAll(drain.HandOverAsync(), WaitAsync(lastAnswers < LastAnswersMax ? lastAnswers : LastAnswersMax, endDrain));
        await error.WriteLineAsync(await CloseAsync(order.Token, end.Token) ? "stopped" : $"stopped; {WhoIsAway()}");
    }

    /// <summary>Stops everything; answers false when the membership could not be told of it.</summary>
    private async Task<bool> CloseAsync(CancellationToken order, CancellationToken end)
    {
        try
        {
            var lost = app.Services.GetRequiredService<MembershipReach>().Lost;
            var stop = app.StopAsync(order);
            if (await Task.WhenAny(stop, lost).WaitAsync(end) == lost)
            {
                return false;
            }

            await stop;
        }
        catch (Exception) when (order.IsCancellationRequested)
        {
            // What was left undone is told.
        }

        return !order.IsCancellationRequested
            ? true
            : throw new CliException(
                ExitCode.Refused,
                $"the silo could not be stopped gracefully within {Seconds(settings.Drain + TimeAfterDrainMax)} s, and was ended.",
                "Nothing acknowledged is lost: the other silos notice by themselves that it is gone, and elect new leaders.");
    }

    private string WhoIsAway()
    {
        var server = new NpgsqlConnectionStringBuilder(settings.Postgres[0]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"PostgreSQL at {server.Host}:{server.Port}, which holds the membership, is away: "
                + $"the other silos find out by themselves that this one is gone");
    }

    private static async Task WaitAsync(TimeSpan time, CancellationToken endDrain)
    {
        try
        {
            await Task.Delay(time, endDrain);
        }
        catch (OperationCanceledException)
        {
            // A second signal ends the drain.
        }
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
}
