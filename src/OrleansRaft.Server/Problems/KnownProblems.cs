using Microsoft.AspNetCore.Http;

namespace OrleansRaft.Server;

/// <summary>Every problem that the server itself finds, before or beside the groups.</summary>
internal static class KnownProblems
{
    public static Problem InvalidRequest(string field, string detail) =>
        new(StatusCodes.Status400BadRequest, ProblemTypes.InvalidRequest, "The request is not valid.", detail) { Field = field };

    public static Problem BodyTooLarge() =>
        new(
            StatusCodes.Status413PayloadTooLarge,
            ProblemTypes.BodyTooLarge,
            "The request's body is too large.",
            $"The body is larger than {RequestBody.BytesMax} bytes, so it was not read. Send a smaller one.");

    public static Problem UnsupportedMediaType(string? contentType) =>
        new(
            StatusCodes.Status415UnsupportedMediaType,
            ProblemTypes.UnsupportedMediaType,
            "The request's body is not JSON.",
            $"The body is sent {(string.IsNullOrEmpty(contentType) ? "without a Content-Type" : $"as {Shortened.Of(contentType)}")}. Send it as application/json in UTF-8.");

    public static Problem UnsupportedEncoding(string encoding) =>
        new(
            StatusCodes.Status415UnsupportedMediaType,
            ProblemTypes.UnsupportedMediaType,
            "The request's body is not JSON.",
            $"The body has the Content-Encoding {Shortened.Of(encoding)}, which is not read here. Send it as it is.") { Field = "Content-Encoding" };

    public static Problem UnknownGroup(string group) =>
        new(
            StatusCodes.Status404NotFound,
            ProblemTypes.UnknownGroup,
            "There is no such group.",
            $"There is no group {Shortened.Of(group)} in this cluster. GET /api/v1/groups lists the groups there are.");

    public static Problem ChangeUnknown(string subject, string detail) =>
        new(
            StatusCodes.Status504GatewayTimeout,
            ProblemTypes.OutcomeUnknown,
            "It is unknown whether the request was applied.",
            $"{subject} may have been made, in part or whole. {detail} GET the group to see what became of it.")
        {
            Definite = false,
        };

    public static Problem FaultsDisabled(string detail = "Faults are off on this cluster. Set Faults:Enabled on every silo, or try `oraft demo`, where they are on.") =>
        new(StatusCodes.Status403Forbidden, ProblemTypes.FaultsDisabled, "Faults are disabled.", detail);

    public static Problem LabDisabled() =>
        new(
            StatusCodes.Status403Forbidden,
            ProblemTypes.LabDisabled,
            "The lab is off.",
            "The lab is off on this silo. Set Raft:Server:Lab to true, or use `oraft demo`, where it is on, or `oraft lab run`, which needs no server.");

    public static Problem UnknownFault(string fault) =>
        new(
            StatusCodes.Status404NotFound,
            ProblemTypes.UnknownFault,
            "There is no such fault.",
            $"There is no fault {Shortened.Of(fault)} in this cluster; perhaps it has healed by itself. GET /api/v1/faults lists those in force.");

    public static Problem NoLeader(string detail) =>
        new(StatusCodes.Status503ServiceUnavailable, ProblemTypes.NoLeader, "The group has no leader.", $"{detail} The header Retry-After says when to ask again.") { RetryAfterSeconds = 1 };

    public static Problem UnknownNote(string tenant) =>
        new(
            StatusCodes.Status404NotFound,
            ProblemTypes.UnknownNote,
            "There is no such note.",
            $"There is no note about the tenant {Shortened.Of(tenant)}. PUT one to the same address.");

    public static Problem UnknownScenario(string scenario) =>
        new(
            StatusCodes.Status404NotFound,
            ProblemTypes.UnknownScenario,
            "There is no such scenario.",
            $"The lab has no scenario {Shortened.Of(scenario)}. GET /api/v1/lab lists those there are.");

    public static Problem LabBusy() =>
        new(
            StatusCodes.Status429TooManyRequests,
            ProblemTypes.Overloaded,
            "The lab is busy.",
            "The lab plays one scenario after the other, and others wait already. Try again after the time in Retry-After.") { RetryAfterSeconds = 5 };

    public static Problem TooManyReaders(int most) =>
        new(
            StatusCodes.Status429TooManyRequests,
            ProblemTypes.Overloaded,
            "Too many readers.",
            $"{most} readers follow the events of this silo already. Close one, or ask another silo.") { RetryAfterSeconds = 5 };

    public static Problem InternalError(bool definite) =>
        new(
            StatusCodes.Status500InternalServerError,
            ProblemTypes.InternalError,
            "The server failed.",
            definite
                ? "The server failed while it answered; nothing was changed. Its log says why; try again."
                : "The server failed, and the request may have been applied all the same. Its log says why; repeat the request with the same Idempotency-Key.")
        {
            Definite = definite,
        };

    /// <summary>The problem for a status that routing or the web server answered without a body.</summary>
    public static Problem OfStatus(int status, HttpRequest request) => status switch
    {
        StatusCodes.Status404NotFound => new(
            status, ProblemTypes.NotFound, "Nothing is served here.", $"Nothing is served under {PathOf(request)}. /openapi/v1.json describes every path there is."),
        StatusCodes.Status405MethodNotAllowed => new(
            status,
            ProblemTypes.MethodNotAllowed,
            "The method is not allowed here.",
            $"{PathOf(request)} does not know {Shortened.Of(request.Method)}. The header Allow lists the methods it knows."),
        StatusCodes.Status413PayloadTooLarge => BodyTooLarge(),
        StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType(request.ContentType),
        >= StatusCodes.Status500InternalServerError => InternalError(definite: IsSafe(request.Method)) with { Status = status },
        _ => new(status, ProblemTypes.RequestRefused, "The request was refused.", $"The web server refused the request with status {status}; nothing was changed."),
    };

    public static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);

    private static string PathOf(HttpRequest request) => Shortened.Of(request.Path.Value ?? "/");
}
