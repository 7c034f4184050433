using System.CommandLine;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;

namespace OrleansRaft.Cli.Serve;

/// <summary><c>oraft serve</c>: runs one silo with the HTTP API and the page until it is told to stop.</summary>
internal static class ServeCommand
{
    private static readonly TimeSpan StopTimeMax = TimeSpan.FromSeconds(9);

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "serve",
            "Runs one silo with the HTTP API and the page. Options come before the environment, the environment before ./appsettings.json. "
            + "Ctrl+C or SIGTERM hands its leaderships over and ends it within 10 s.");
        foreach (var setting in ServeOptions.All)
        {
            command.Add(setting.Option);
        }

        command.Add(ServeOptions.Set);
        command.SetAction(async (parsed, cancellation) => (int)await RunAsync(parsed, cancellation));
        return command;
    }

    private static async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var interruption = new Interruption(cancellation);
        var error = parsed.InvocationConfiguration.Error;
        var builder = SiloHost.CreateBuilder(parsed.GetValue(ServeOptions.Set) ?? []);
        var settings = ServeOptions.Read(parsed, builder.Configuration);
        Preflight.Check(settings);

        var gate = new LogGate();
        var eviction = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var app = SiloHost.Build(builder, settings, gate, new EvictionHandler(reason => eviction.TrySetResult(reason)));
        if (!await StartAsync(app, settings, eviction.Task, interruption))
        {
            return EndOf(interruption);
        }

        gate.Open(error);
        await error.WriteLineAsync(SiloHost.Describe(app, settings));
        await Task.WhenAny(eviction.Task, Task.Delay(Timeout.Infinite, interruption.Token));
        return eviction.Task.IsCompleted ? throw Evicted(await eviction.Task) : await StopAsync(app, interruption, error);
    }

    /// <summary>Starts the silo; answers false when it was interrupted meanwhile.</summary>
    private static async Task<bool> StartAsync(WebApplication app, ServeSettings settings, Task<string> eviction, Interruption interruption)
    {
        try
        {
            await SiloHost.PrepareAsync(app, settings, interruption.Token);
            var start = app.StartAsync(interruption.Token);
            if (await Task.WhenAny(start, eviction) == eviction)
            {
                throw Evicted(await eviction);
            }

            await start;
            return true;
        }
        catch (Exception failure) when (failure is not CliException)
        {
            await AbandonAsync(app);
            return interruption.Token.IsCancellationRequested ? false : throw StartupFailures.Explain(failure);
        }
    }

    /// <summary>Lets go of files and connections after a failed start, without waiting for what no longer answers.</summary>
    private static async Task AbandonAsync(WebApplication app)
    {
        try
        {
            await app.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(3));
        }
        catch (Exception)
        {
            // The reason of the failed start is what counts; the process ends anyway.
        }
    }

    private static async Task<ExitCode> StopAsync(WebApplication app, Interruption interruption, TextWriter error)
    {
        await error.WriteLineAsync("stopping: handing leaderships over to the other silos");
        using var limit = new CancellationTokenSource(StopTimeMax);
        try
        {
            var stop = app.StopAsync(limit.Token);
            var lost = app.Services.GetRequiredService<MembershipReach>().Lost;
            if (await Task.WhenAny(stop, lost, Task.Delay(StopTimeMax, limit.Token)) == lost)
            {
                await error.WriteLineAsync("stopped; the membership's server is away, so that the other silos find out by themselves that this one "
                    + "is gone");
                return EndOf(interruption);
            }

            await stop.WaitAsync(limit.Token);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            throw new CliException(
                ExitCode.Refused,
                $"the silo did not stop within {StopTimeMax.TotalSeconds:0} s and was ended.",
                "Nothing acknowledged is lost; the other silos elect new leaders.");
        }

        await error.WriteLineAsync("stopped");
        return EndOf(interruption);
    }

    private static ExitCode EndOf(Interruption interruption) =>
        interruption.Signal == PosixSignal.SIGTERM ? ExitCode.Ok : ExitCode.Interrupted;

    private static CliException Evicted(string reason) => new(
        IsEviction(reason) ? ExitCode.Evicted : ExitCode.Refused,
        IsEviction(reason)
            ? "the other silos declared this one dead, because it did not answer them in time."
            : $"Orleans cannot go on: {reason.ReplaceLineEndings(" ").TrimEnd('.')}.",
        "Start it again under the same name; its replicas catch up by themselves.");

    private static bool IsEviction(string reason) => reason.Contains("dead", StringComparison.OrdinalIgnoreCase);
}
