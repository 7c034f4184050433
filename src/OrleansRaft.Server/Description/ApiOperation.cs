using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Description;

/// <summary>What an endpoint takes and answers: the metadata from which its part of the OpenAPI document is made.</summary>
/// <param name="Id">The operation's id: a verb and a noun.</param>
/// <param name="Tag">The heading it stands under.</param>
/// <param name="Summary">One line.</param>
public sealed record ApiOperation(string Id, ApiTag Tag, string Summary)
{
    /// <summary>
    /// The role that it needs where keys are asked for; of the tenant in its path, if the path has a part <c>{tenant}</c>.
    /// <see cref="AccessRole.None"/> opens it to everybody.
    /// </summary>
    /// <value>The default is <see cref="AccessRole.Admin"/>: what says nothing is for hardly anybody.</value>
    public AccessRole Access { get; init; } = AccessRole.Admin;

    /// <summary>What else there is to know.</summary>
    public string Description { get; init; } = "";

    /// <summary>What the path, the query and the headers may hold.</summary>
    public IReadOnlyList<ApiParameter> Parameters { get; init; } = [];

    /// <summary>The shape of the body; null when there is none.</summary>
    public ApiSchema? Body { get; init; }

    /// <summary>The answer when all is well.</summary>
    public required ApiAnswer Success { get; init; }

    /// <summary>The problems it may answer with.</summary>
    public IReadOnlyList<ApiProblem> Problems { get; init; } = [];
}

/// <summary>An answer that is not a problem.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Description">What it means.</param>
/// <param name="Schema">The shape of the body; null when there is no body, or one that is not JSON.</param>
/// <param name="MediaType">The body's media type; null when there is none.</param>
public sealed record ApiAnswer(int Status, string Description, ApiSchema? Schema = null, string? MediaType = "application/json")
{
    /// <summary>What its <c>ETag</c> says; null when it carries none.</summary>
    public string? EntityTag { get; init; }
}

/// <summary>A problem of an operation.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Type">Its type: one of <see cref="ProblemTypes"/>, or the application's own.</param>
/// <param name="Meaning">When it comes.</param>
public sealed record ApiProblem(int Status, string Type, string Meaning)
{
    /// <summary>400: a field, header or parameter is wrong.</summary>
    public static ApiProblem InvalidRequest { get; } =
        new(400, ProblemTypes.InvalidRequest, "a field, header or parameter is wrong; field names it");

    /// <summary>401: there is no key, or none that is in force.</summary>
    public static ApiProblem Unauthenticated { get; } = new(401, ProblemTypes.Unauthenticated, "there is no key, or none that is in force");

    /// <summary>403: the key does not allow this.</summary>
    public static ApiProblem Forbidden { get; } = new(403, ProblemTypes.Forbidden, "the key does not allow this; nothing was changed");

    /// <summary>404: there is no such group.</summary>
    public static ApiProblem UnknownGroup { get; } = new(404, ProblemTypes.UnknownGroup, "there is no such group in this cluster");

    /// <summary>409: an idempotency key was used for another request.</summary>
    public static ApiProblem KeyReused { get; } =
        new(409, ProblemTypes.KeyReused, "the Idempotency-Key came before with another body or condition");

    /// <summary>413: the body is too large.</summary>
    public static ApiProblem BodyTooLarge { get; } = new(413, ProblemTypes.BodyTooLarge, "the body is larger than 64 KB");

    /// <summary>415: the body is not JSON.</summary>
    public static ApiProblem NotJson { get; } = new(415, ProblemTypes.UnsupportedMediaType, "the body is not said to be JSON in UTF-8");

    /// <summary>429: too much waits already.</summary>
    public static ApiProblem Overloaded { get; } = new(429, ProblemTypes.Overloaded, "too much waits already; nothing was changed");

    /// <summary>429: the tenant takes more of the silo than it may.</summary>
    public static ApiProblem QuotaExceeded { get; } =
        new(429, ProblemTypes.QuotaExceeded, "the tenant takes more of the silo than it may; nothing was changed");

    /// <summary>500: the server failed.</summary>
    public static ApiProblem InternalError { get; } = new(500, ProblemTypes.InternalError, "the server failed; its log says why");

    /// <summary>503: no leader could be reached in time.</summary>
    public static ApiProblem NoLeader { get; } = new(503, ProblemTypes.NoLeader, "no leader could be reached in time; nothing was changed");

    /// <summary>504: the write may have been applied.</summary>
    public static ApiProblem OutcomeUnknown { get; } =
        new(504, ProblemTypes.OutcomeUnknown, "the write may have been applied; repeat it with the same Idempotency-Key");

    /// <summary>Whether it carries <c>Retry-After</c>.</summary>
    public bool HasRetryAfter => Status is 429 or 503;
}
