using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>Options that every command which talks to a server takes.</summary>
internal static class CommonOptions
{
    private const string DefaultServer = "http://127.0.0.1:5080";

    /// <summary>Which server to ask. Any silo answers any request.</summary>
    public static Option<Uri> Server { get; } = new("--server", "-s")
    {
        Description = $"The address of any silo's HTTP API. [environment: ORAFT_SERVER] [default: {DefaultServer}]",
        HelpName = "URL",
        Recursive = true,
        CustomParser = result => ParseServer(result, result.Tokens[0].Value, "--server"),
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
            return new Uri(DefaultServer);
        }

        return TryParseServer(named)
            ?? throw new CliException(
                ExitCode.Usage, $"ORAFT_SERVER is '{named}', which is not an http address.", $"Set it to something like {DefaultServer}.");
    }

    private static Uri? ParseServer(ArgumentResult result, string text, string source)
    {
        var server = TryParseServer(text);
        if (server is null)
        {
            result.AddError($"{source} is '{text}', which is not an http address such as {DefaultServer}.");
        }

        return server;
    }

    private static Uri? TryParseServer(string text)
    {
        var withScheme = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(withScheme, UriKind.Absolute, out var server) && server.Scheme is "http" or "https" ? server : null;
    }

    private static double ParseTimeout(ArgumentResult result)
    {
        if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && seconds is > 0 and <= 3600)
        {
            return seconds;
        }

        result.AddError($"--timeout is '{result.Tokens[0].Value}', but must be a number of seconds above 0 and at most 3600.");
        return default;
    }
}
