using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>Options that every command which talks to a server takes.</summary>
internal static class CommonOptions
{
    /// <summary>Which server to ask. Any silo answers any request.</summary>
    public static Option<Uri> Server { get; } = new("--server", "-s")
    {
        Description = $"The address of any silo's HTTP API. [environment: ORAFT_SERVER] [default: {ServerAddress.Default}]",
        HelpName = "URL",
        Recursive = true,
        CustomParser = ParseServer,
    };

    /// <summary>Whether to answer for programs.</summary>
    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print one JSON object per line on stdout; everything else goes to stderr.",
        Recursive = true,
    };

    /// <summary>How long one request may take.</summary>
    public static Option<double> Timeout { get; } = new("--timeout")
    {
        Description = "How long to wait for an answer, in seconds.",
        HelpName = "SECONDS",
        Recursive = true,
        DefaultValueFactory = _ => 15,
        CustomParser = ParseTimeout,
    };

    /// <summary>The server that a command line names, or the environment, or the default one.</summary>
    /// <exception cref="CliException">The environment's address makes no sense.</exception>
    public static Uri ServerOf(ParseResult parsed)
    {
        if (parsed.GetResult(Server) is { Implicit: false })
        {
            return parsed.GetRequiredValue(Server);
        }

        var named = Environment.GetEnvironmentVariable("ORAFT_SERVER");
        if (string.IsNullOrEmpty(named))
        {
            return new Uri(ServerAddress.Default);
        }

        return ServerAddress.TryParse(named)
            ?? throw new CliException(
                ExitCode.Usage, $"ORAFT_SERVER is '{named}', but must be {ServerAddress.Form}.", "Correct it, or name the server with --server.");
    }

    private static Uri? ParseServer(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var server = ServerAddress.TryParse(text);
        if (server is null)
        {
            result.AddError($"--server is '{text}', but must be {ServerAddress.Form}.");
        }

        return server;
    }

    private static double ParseTimeout(ArgumentResult result)
    {
        if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && seconds is >= 0.001 and <= 3600)
        {
            return seconds;
        }

        result.AddError($"--timeout is '{result.Tokens[0].Value}', but must be a number of seconds from 0.001 to 3600.");
        return default;
    }
}
