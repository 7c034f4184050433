using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Client;

/// <summary>Tells apart requests that never reached a server from those whose answer was lost.</summary>
internal static class TransportFailures
{
    /// <summary>What to say when sending failed.</summary>
    public static CliException Explain(HttpRequestException failure, HttpRequestMessage request, Uri server) =>
        failure.HttpRequestError == HttpRequestError.SecureConnectionError
            ? Untrusted(server, failure)
            : NeverArrived(failure.HttpRequestError) || request.Method == HttpMethod.Get
            ? Unreachable(server, ProxyInUse.For(server) is { } proxy
                ? $"cannot reach {server} through {proxy}: {ReasonOf(failure)}."
                : $"cannot reach {server}: {ReasonOf(failure)}.")
            : Unknown(request, $"the connection to {server} broke before the answer came; the request may have been applied.");

    /// <summary>What to say when no answer came in time.</summary>
    public static CliException ExplainTimeout(HttpRequestMessage request, Uri server, TimeSpan timeout) =>
        request.Method == HttpMethod.Get
            ? Unreachable(server, $"{server} did not answer within {timeout.TotalSeconds:0.###} s.")
            : Unknown(request, $"{server} did not answer within {timeout.TotalSeconds:0.###} s; the request may have been applied.");

    private static bool NeverArrived(HttpRequestError error) => error
        is HttpRequestError.ConnectionError
        or HttpRequestError.NameResolutionError
        or HttpRequestError.ProxyTunnelError;

    private static CliException Unreachable(Uri server, string message) => new(
        ExitCode.Unreachable,
        message,
        ProxyInUse.For(server) is { } proxy
            ? proxy.Remedy(server)
            : $"Check that a silo listens there (`curl {server.AbsoluteUri.TrimEnd('/')}/health/live`), "
                + $"or name another with --server or ORAFT_SERVER, such as {ServerAddress.Default}.");

    /// <summary>Why a server was not believed, or did not believe this client: the innermost reason says it best.</summary>
    private static CliException Untrusted(Uri server, HttpRequestException failure)
    {
        Exception cause = failure;
        while (cause.InnerException is { } inner)
        {
            cause = inner;
        }

        return new CliException(
            ExitCode.Unreachable,
            $"cannot reach {server} by TLS: {cause.Message.ReplaceLineEndings(" ").TrimEnd('.')}.",
            "Check the scheme and the host in --server; --cacert names the authority that vouches for the server, "
                + "and --cert the certificate that it may ask for.");
    }

    private static CliException Unknown(HttpRequestMessage request, string message) => new(
        ExitCode.OutcomeUnknown,
        message,
        request.Headers.TryGetValues("Idempotency-Key", out var keys) ? ProblemAnswers.RepeatWith(keys.First()) : ProblemAnswers.LookAtGroup);

    private static string ReasonOf(HttpRequestException failure) => failure.HttpRequestError == HttpRequestError.NameResolutionError
        ? "no machine of that name is known"
        : (failure.InnerException ?? failure).Message.Split('\n', 2)[0].TrimEnd('.', '\r');
}
