using Microsoft.AspNetCore.Http;

namespace OrleansRaft.Server.Problems;

/// <summary>Problems that the server itself finds, before or beside the groups.</summary>
public static class KnownProblems
{
    /// <summary>400: a part of the request is wrong.</summary>
    /// <param name="field">The field, header or parameter that is wrong.</param>
    /// <param name="detail">What is wrong with it, and what to send instead.</param>
    public static Problem InvalidRequest(string field, string detail) =>
        new(StatusCodes.Status400BadRequest, ProblemTypes.InvalidRequest, "The request is not valid.", detail) { Field = field };

    /// <summary>413: the body is too large.</summary>
    public static Problem BodyTooLarge() =>
        new(
            StatusCodes.Status413PayloadTooLarge,
            ProblemTypes.BodyTooLarge,
            "The request's body is too large.",
            $"The body is larger than {BodyLimit.BytesMax} bytes, so it was not read. Send a smaller one.");

    internal static Problem UnsupportedMediaType(string? contentType) =>
        new(
            StatusCodes.Status415UnsupportedMediaType,
            ProblemTypes.UnsupportedMediaType,
            "The request's body is not JSON.",
            $"The body is sent {(string.IsNullOrEmpty(contentType) ? "without a Content-Type" : $"as {Shortened.Of(contentType)}")}. "
                + "Send it as application/json in UTF-8.");

    internal static Problem UnsupportedEncoding(string encoding) =>
        new(
            StatusCodes.Status415UnsupportedMediaType,
            ProblemTypes.UnsupportedMediaType,
            "The request's body is not JSON.",
            $"The body has the Content-Encoding {Shortened.Of(encoding)}, which is not read here. Send it as it is.") { Field = "Content-Encoding" };

    /// <summary>404: there is no such group.</summary>
    /// <param name="group">Its name.</param>
    public static Problem UnknownGroup(string group) =>
        new(
            StatusCodes.Status404NotFound,
            ProblemTypes.UnknownGroup,
            "There is no such group.",
            $"There is no group {Shortened.Of(group)} in this cluster. GET /api/v1/groups lists the groups there are.");

    internal static Problem FaultsDisabled(
        string detail = "Faults are off on this cluster. Set Faults:Enabled on every silo, or try `oraft demo`, where they are on.") =>
        new(StatusCodes.Status403Forbidden, ProblemTypes.FaultsDisabled, "Faults are disabled.", detail);

    internal static Problem UnknownFault(string fault) =>
        new(
            StatusCodes.Status404NotFound,
            ProblemTypes.UnknownFault,
            "There is no such fault.",
            $"There is no fault {Shortened.Of(fault)} in this cluster; perhaps it has healed by itself. GET /api/v1/faults lists those in force.");

    /// <summary>503: no leader could be reached in time.</summary>
    /// <param name="detail">Of what, and what happened.</param>
    public static Problem NoLeader(string detail) =>
        new(
            StatusCodes.Status503ServiceUnavailable,
            ProblemTypes.NoLeader,
            "The group has no leader.",
            $"{detail} The header Retry-After says when to ask again.") { RetryAfterSeconds = 1 };

    internal static Problem TooManyReaders(int most) =>
        new(
            StatusCodes.Status429TooManyRequests,
            ProblemTypes.Overloaded,
            "Too many readers.",
            $"{most} readers follow the events of this silo already. Close one, or ask another silo.") { RetryAfterSeconds = 5 };

    internal static Problem InternalError(bool definite) =>
        new(
            StatusCodes.Status500InternalServerError,
            ProblemTypes.InternalError,
            "The server failed.",
            definite
                ? "The server failed while it answered; nothing was changed. Its log says why; try again."
                : "The server failed, and the request may have been applied all the same. Its log says why; "
                    + "repeat the request with the same Idempotency-Key.")
        {
            Definite = definite,
        };

    /// <summary>The problem for a status that routing or the web server answered without a body.</summary>
    internal static Problem OfStatus(int status, HttpRequest request) => status switch
    {
        StatusCodes.Status404NotFound => new(
            status,
            ProblemTypes.NotFound,
            "Nothing is served here.",
            $"Nothing is served under {PathOf(request)}. /openapi/v1.json describes every path there is."),
        StatusCodes.Status405MethodNotAllowed => new(
            status,
            ProblemTypes.MethodNotAllowed,
            "The method is not allowed here.",
            $"{PathOf(request)} does not know {Shortened.Of(request.Method)}. The header Allow lists the methods it knows."),
        StatusCodes.Status413PayloadTooLarge => BodyTooLarge(),
        StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType(request.ContentType),
        >= StatusCodes.Status500InternalServerError => InternalError(definite: IsSafe(request.Method)) with { Status = status },
        _ => new(
            status,
            ProblemTypes.RequestRefused,
            "The request was refused.",
            $"The web server refused the request with status {status}; nothing was changed."),
    };

    internal static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private static string PathOf(HttpRequest request) => Shortened.Of(request.Path.Value ?? "/");
}
