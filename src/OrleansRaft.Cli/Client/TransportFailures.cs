using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Client;

/// <summary>Tells apart requests that never reached a server from those whose answer was lost.</summary>
internal static class TransportFailures
{
    /// <summary>What to say when sending failed.</summary>
    public static CliException Explain(HttpRequestException failure, HttpRequestMessage request, Uri server) =>
        failure.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
        || request.Method == HttpMethod.Get
            ? Unreachable(server, $"cannot reach {server}: {FirstLineOf(failure.InnerException ?? failure)}.")
            : Unknown(request, $"the connection to {server} broke before the answer came; the request may have been applied.");

    /// <summary>What to say when no answer came in time.</summary>
    public static CliException ExplainTimeout(HttpRequestMessage request, Uri server, TimeSpan timeout) =>
        request.Method == HttpMethod.Get
            ? Unreachable(server, $"{server} did not answer within {timeout.TotalSeconds:0.###} s.")
            : Unknown(request, $"{server} did not answer within {timeout.TotalSeconds:0.###} s; the request may have been applied.");

    private static CliException Unreachable(Uri server, string message) => new(
        ExitCode.Unreachable,
        message,
        $"Check that a silo listens there (`curl {server}health/live`), or name another with --server or ORAFT_SERVER.");

    private static CliException Unknown(HttpRequestMessage request, string message) => new(
        ExitCode.OutcomeUnknown,
        message,
        request.Headers.TryGetValues("Idempotency-Key", out var keys) ? ProblemAnswers.RepeatWith(keys.First()) : ProblemAnswers.LookAtGroup);

    private static string FirstLineOf(Exception failure) => failure.Message.Split('\n', 2)[0].TrimEnd('.', '\r');
}
