using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Output;
using OrleansRaft.Cli.Serve.Membership;

namespace OrleansRaft.Cli.Serve;

/// <summary><c>oraft serve</c>: runs one silo with the HTTP API and the page until it is told to stop.</summary>
internal static class ServeCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "serve",
            "Runs one silo with the HTTP API and the page. Options come before the environment, the environment before ./appsettings.json. "
            + "SIGTERM, Ctrl+C, Ctrl+\\ and the loss of the terminal end it gracefully, by default within 10 s: "
            + "it is not ready at once and serves for the drain time, then hands its leaderships over, then closes its port. "
            + "A second signal ends the drain, a third the process.");
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
        using var interruption = new Interruption(cancellation, takesSecond: true);
        var error = parsed.InvocationConfiguration.Error;

        // Before the libraries are loaded that a silo needs: there may be too few files for them.
        var files = FileLimit.Current;
        FileLimit.ConnectionsOf(files, servers: 0);
        var builder = SiloHost.CreateBuilder(parsed.GetValue(ServeOptions.Set) ?? []);
        var settings = ServeOptions.Read(parsed, builder.Configuration);
        settings = settings with { Connections = FileLimit.ConnectionsOf(files, settings.Postgres.Count) };
        Preflight.Check(settings);

        var gate = new LogGate();
        var eviction = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var app = SiloHost.Build(
            builder,
            settings,
            await SiloGeneration.ReadAsync(settings, interruption.Token),
            gate,
            new EvictionHandler(reason => eviction.TrySetResult(reason)));
        if (!await StartAsync(app, settings, eviction.Task, interruption))
        {
            return interruption.ExitCode;
        }

        gate.Open(error);
        await error.WriteLineAsync(SiloHost.Describe(app, settings));
        app.Services.GetRequiredService<ConnectionLimits>().TellIfFew(files);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(interruption.Token, app.Lifetime.ApplicationStopping);
        await Task.WhenAny(eviction.Task, Task.Delay(Timeout.Infinite, ending.Token));
        if (eviction.Task.IsCompleted)
        {
            throw Evicted(await eviction.Task);
        }

        await new SiloStop(app, settings, error).RunAsync(interruption.SecondSignal);

        // What the silo was told to do by others is done, and what it found out about itself is in its log.
        return interruption.Token.IsCancellationRequested ? interruption.ExitCode : ExitCode.Ok;
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

    private static CliException Evicted(string reason) => new(
        IsEviction(reason) ? ExitCode.Evicted : ExitCode.Refused,
        IsEviction(reason)
            ? "the other silos declared this one dead, because it did not answer them in time."
            : $"Orleans cannot go on: {reason.ReplaceLineEndings(" ").TrimEnd('.')}.",
        "Start it again under the same name; its replicas catch up by themselves.");

    private static bool IsEviction(string reason) => reason.Contains("dead", StringComparison.OrdinalIgnoreCase);
}
