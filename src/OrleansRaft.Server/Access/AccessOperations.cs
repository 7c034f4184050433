using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Access;

/// <summary>Keys and sessions, as the OpenAPI document describes them.</summary>
internal static class AccessOperations
{
    private static readonly ApiSchema Key = new(nameof(Key), static () => Shapes.Closed([.. FieldsOfKey]));

    private static readonly ApiSchema NewKey = new(nameof(NewKey), static () => Shapes.Closed(
    [
        .. FieldsOfKey,
        ("secret", Shapes.Text("The key itself. It is shown only this once, and stored nowhere.")),
    ]));

    private static readonly ApiSchema KeyList = new(nameof(KeyList), static schemas => Shapes.Closed([("keys", schemas.ArrayOf(Key))]));

    private static readonly ApiSchema KeyBody = new(nameof(KeyBody), static () =>
    {
        var schema = Shapes.Closed(
        [
            ("name", Shapes.Text("Whose the key is, or what for.")),
            ("role", Shapes.Choice("What its bearer may do.", [.. Grants.RoleNames])),
            ("tenants", Shapes.List("The tenants that it is for; without it for all. Only for readers and writers.", Shapes.Text("A tenant."))),
            ("seconds", Shapes.Number("For how many seconds it is in force; without it for ever.")),
        ]);
        schema.Required!.Remove("tenants");
        schema.Required.Remove("seconds");
        schema.Examples = [new JsonObject { ["name"] = "billing", ["role"] = "writer", ["tenants"] = new JsonArray("acme") }];
        return schema;
    });

    private static readonly ApiSchema SessionBody = new(
        nameof(SessionBody), static () => Shapes.Body("key", Shapes.Text("The API key."), "oraft_..."));

    private static readonly ApiSchema Session = new(nameof(Session), static () => Shapes.Closed(
    [
        ("name", Shapes.Text("Who it is.")),
        ("grants", Shapes.List("What may be done: ROLE, or ROLE:TENANT.", Shapes.Text("A grant."))),
    ]));

    private static readonly ApiProblem NotKnown = new(401, ProblemTypes.Unauthenticated, "there is no key, or none that is in force");

    private static (string Name, IOpenApiSchema Schema)[] FieldsOfKey =>
    [
        ("key", Shapes.Text("Its id, which is no secret.")),
        ("name", Shapes.Text("Whose it is, or what for.")),
        ("role", Shapes.Choice("What its bearer may do.", [.. Grants.RoleNames])),
        ("tenants", Shapes.List("The tenants that it is for; empty for all.", Shapes.Text("A tenant."))),
        ("createdAt", Time("When it was made.")),
        ("createdBy", Shapes.Text("Who made it.")),
        ("expiresAt", Time("From when on it is worth nothing; null for never.", Shapes.OrNull)),
        ("revokedAt", Time("When it was revoked; null while it is in force.", Shapes.OrNull)),
        ("revokedBy", Shapes.Text("Who revoked it; null while it is in force.", Shapes.OrNull)),
    ];

    public static readonly ApiOperation ListKeys = new("listKeys", ApiTag.Access, "Lists the API keys, those that were revoked too")
    {
        Access = AccessRole.Admin,
        Success = new(200, "The keys, without their secrets.", KeyList),
        Problems = [ApiProblem.Overloaded, ApiProblem.InternalError, ApiProblem.NoLeader],
    };

    public static readonly ApiOperation CreateKey = new("createKey", ApiTag.Access, "Makes an API key")
    {
        Access = AccessRole.Admin,
        Description = "In force on every silo within five seconds. The answer holds the key itself, which cannot be read again.",
        Body = KeyBody,
        Success = new(201, "The key.", NewKey),
        Problems =
        [
            ApiProblem.InvalidRequest,
            new(409, ProblemTypes.TooManyKeys, "there are as many keys as there may be"),
            ApiProblem.BodyTooLarge,
            ApiProblem.NotJson,
            ApiProblem.Overloaded,
            ApiProblem.InternalError,
            ApiProblem.NoLeader,
            new(504, ProblemTypes.OutcomeUnknown, "the key may have been stored; list the keys, and revoke it"),
        ],
    };

    public static readonly ApiOperation RevokeKey = new("revokeKey", ApiTag.Access, "Revokes an API key, for ever")
    {
        Access = AccessRole.Admin,
        Description = "It is worth nothing on any silo within five seconds; on one that does not reach the catalogue, when its patience is over.",
        Parameters =
        [
            ApiParameter.InPath("key", "Its id."),
            ApiParameter.InQuery("force", "true: revoke it even if it is the last one of an admin."),
        ],
        Success = new(204, "The key is revoked.", MediaType: null),
        Problems =
        [
            ApiProblem.InvalidRequest,
            new(404, ProblemTypes.UnknownKey, "there is no key of that id"),
            new(409, ProblemTypes.LastAdmin, "it is the last key of an admin"),
            ApiProblem.Overloaded,
            ApiProblem.InternalError,
            ApiProblem.NoLeader,
            new(504, ProblemTypes.OutcomeUnknown, "the key may have been revoked; revoke it again"),
        ],
    };

    public static readonly ApiOperation GetSession = new("getSession", ApiTag.Access, "Tells who asks, and what they may do")
    {
        Access = AccessRole.None,
        Success = new(200, "Who it is.", Session),
        Problems = [NotKnown, ApiProblem.InternalError, ApiProblem.NoLeader],
    };

    public static readonly ApiOperation BeginSession = new("beginSession", ApiTag.Access, "Signs a browser in")
    {
        Access = AccessRole.None,
        Description = "The key is kept in a cookie that no script reads.",
        Body = SessionBody,
        Success = new(200, "Who it is.", Session),
        Problems = [ApiProblem.InvalidRequest, NotKnown, ApiProblem.BodyTooLarge, ApiProblem.NotJson, ApiProblem.InternalError, ApiProblem.NoLeader],
    };

    public static readonly ApiOperation EndSession = new("endSession", ApiTag.Access, "Signs a browser out")
    {
        Access = AccessRole.None,
        Success = new(204, "The cookie is taken away.", MediaType: null),
        Problems = [ApiProblem.InternalError],
    };

    private static OpenApiSchema Time(string description, JsonSchemaType or = 0) =>
        new() { Type = JsonSchemaType.String | or, Format = "date-time", Description = description };
}
