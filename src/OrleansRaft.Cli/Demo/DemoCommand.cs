using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Demo;

/// <summary><c>oraft demo</c>: a whole cluster in one process, to watch and to break.</summary>
internal static class DemoCommand
{
    private const double UnattendedSeconds = 20;

    private static readonly Option<bool> NoInput = new("--no-input")
    {
        Description =
            "Run without a terminal: kill the leader's silo after a third of the time, bring it back after two thirds, and print a summary.",
    };

    private static readonly Option<double?> Seconds = new("--seconds")
    {
        Description = $"For how long to run. [default: until q; {UnattendedSeconds} with --no-input]",
        HelpName = "N",
        Validators =
        {
            result =>
            {
                if (result.GetValueOrDefault<double?>() is not (null or (>= 5 and <= 86_400)))
                {
                    result.AddError($"--seconds is {result.Tokens[0].Value}, but must be from 5 to 86400.");
                }
            },
        },
    };

    private static readonly Option<IPEndPoint?> Http = new("--http")
    {
        Description = "The address of the page and the API. [default: http://127.0.0.1:5080, or a free port when that is taken]",
        HelpName = "URL",
        CustomParser = ParseAddress,
    };

    private static readonly Option<int> Rate = new("--rate")
    {
        Description = "How many increments a second the demo's users make together, at most.",
        HelpName = "N",
        DefaultValueFactory = static _ => DemoLoad.RateByDefault,
        Validators =
        {
            result =>
            {
                // What is no number is refused by the parser, and would throw here.
                if (result.Tokens is [var given, ..] && int.TryParse(given.Value, CultureInfo.InvariantCulture, out var rate)
                    && rate is not (>= 1 and <= 10_000))
                {
                    result.AddError($"--rate is {result.Tokens[0].Value}, but must be from 1 to 10000.");
                }
            },
        },
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "demo",
            "Runs three silos in this process with logs in a temporary folder and a gentle load, shows who leads, and lets you kill and heal silos.")
        {
            NoInput,
            Seconds,
            Http,
            Rate,
        };
        command.SetAction(async (parsed, cancellation) => (int)await RunAsync(parsed, cancellation));
        return command;
    }

    private static async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var interruption = new Interruption(cancellation);
        var output = parsed.InvocationConfiguration.Output;
        var isAttended = !parsed.GetValue(NoInput) && !Console.IsInputRedirected && !Console.IsOutputRedirected;
        var seconds = parsed.GetValue(Seconds) ?? (isAttended ? null : UnattendedSeconds);
        var story = new DemoStory(output, isAttended ? Math.Max(20, Console.WindowWidth - 1) : null, TimeProvider.System);

        await using var run = await DemoRun.BeginAsync(story, parsed.GetValue(Http), parsed.GetValue(Rate), TimeProvider.System, interruption.Token);
        if (isAttended)
        {
            await new DemoScreen(run, output).ShowAsync(seconds, interruption.Token);
        }
        else
        {
            await run.PlayUnattendedAsync(TimeSpan.FromSeconds(seconds!.Value), interruption.Token);
        }

        var verdict = await run.FinishAsync();
        return (verdict.IsClean, interruption.Signal) switch
        {
            (false, _) => ExitCode.Refused,
            (true, null) => ExitCode.Ok,
            _ => ExitCode.Interrupted,
        };
    }

    private static IPEndPoint? ParseAddress(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "http", PathAndQuery: "/", Fragment: "", UserInfo: "" })
        {
            if (address.Host == "localhost")
            {
                return new IPEndPoint(IPAddress.Loopback, address.Port);
            }

            if (IPAddress.TryParse(address.Host, out var host))
            {
                return new IPEndPoint(host, address.Port);
            }
        }

        result.AddError($"--http is '{text}', but must be an http address of this machine such as http://127.0.0.1:5080; port 0 takes a free one.");
        return null;
    }
}
