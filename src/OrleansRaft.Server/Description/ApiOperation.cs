namespace OrleansRaft.Server;

/// <summary>What an endpoint takes and answers: the metadata from which its part of the OpenAPI document is made.</summary>
/// <param name="Id">The operation's id: a verb and a noun.</param>
/// <param name="Tag">The heading it stands under.</param>
/// <param name="Summary">One line.</param>
internal sealed record ApiOperation(string Id, string Tag, string Summary)
{
    /// <summary>What else there is to know.</summary>
    public string Description { get; init; } = "";

    /// <summary>What the path, the query and the headers may hold.</summary>
    public IReadOnlyList<ApiParameter> Parameters { get; init; } = [];

    /// <summary>The name of the body's schema; null when there is none.</summary>
    public string? Body { get; init; }

    /// <summary>The answer when all is well.</summary>
    public required ApiAnswer Success { get; init; }

    /// <summary>The problems it may answer with.</summary>
    public IReadOnlyList<ApiProblem> Problems { get; init; } = [];
}

/// <summary>An answer that is no problem.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Description">What it means.</param>
/// <param name="Schema">The name of the body's schema; null when there is no body, or one that is no JSON.</param>
/// <param name="MediaType">The body's media type; null when there is none.</param>
/// <param name="HasTag">Whether it carries an <c>ETag</c>.</param>
internal sealed record ApiAnswer(int Status, string Description, string? Schema = null, string? MediaType = "application/json", bool HasTag = false);

/// <summary>A problem of an operation.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Type">One of <see cref="ProblemTypes"/>.</param>
/// <param name="Meaning">When it comes.</param>
internal sealed record ApiProblem(int Status, string Type, string Meaning)
{
    /// <summary>Whether it carries <c>Retry-After</c>.</summary>
    public bool HasRetryAfter => Status is 429 or 503;
}
