using Microsoft.OpenApi;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Counters.Web;

/// <summary>The operations on counters and notes, as the OpenAPI document describes them.</summary>
internal static class CounterOperations
{
    private static readonly ApiTag Counters = new("Counters", "Linearizable counters of a tenant: each belongs to one Raft group.", 10);
    private static readonly ApiTag Tenants = new("Tenants", "Notes about tenants, which an ordinary grain keeps.", 20);

    private static readonly ApiParameter Tenant = ApiParameter.InPath("tenant", "Whose counter.", NameSchema);
    private static readonly ApiParameter Counter = ApiParameter.InPath("counter", "Which counter.", NameSchema);
    private static readonly ApiParameter After = ApiParameter.InQuery("after", "Counters after this name: the next of the page before.", NameSchema);
    private static readonly ApiParameter IdempotencyKey = ApiParameter.IdempotencyKey("the same counter and method");
    private static readonly ApiParameter IfMatch = ApiParameter.IfMatch("counter");

    private static readonly ApiAnswer TheCounter = AnswerOf("The counter, once the write is applied.");

    private static readonly ApiProblem NoSuchCounter =
        new(404, CounterProblemTypes.UnknownCounter, "the counter was never written, or was deleted");

    private static readonly ApiProblem NoSuchNote = new(404, CounterProblemTypes.UnknownNote, "the tenant has no note");

    private static readonly ApiProblem ConditionFailed =
        new(412, ProblemTypes.PreconditionFailed, "the counter is not as If-Match says; nothing was changed");

    private static readonly ApiProblem Overflow =
        new(422, CounterProblemTypes.Overflow, "the sum does not fit into 64 bits; nothing was changed");

    private static readonly ApiProblem StateFull =
        new(
            507,
            CounterProblemTypes.StateFull,
            "the counter is new, and its group's state is as large as an operator lets it be; nothing was changed");

    public static readonly ApiOperation IncrementCounter = new("incrementCounter", Counters, "Adds to a counter")
    {
        Access = AccessRole.Writer,
        Description = "A counter that does not exist starts at 0. An increment that would overflow is refused and changes nothing.",
        Parameters = [Tenant, Counter, IdempotencyKey, IfMatch],
        Body = CounterSchemas.IncrementBody,
        Success = TheCounter,
        Problems = [.. ProblemsOfBody, Overflow, StateFull, .. ProblemsOfWrite],
    };

    public static readonly ApiOperation SetCounter = new("setCounter", Counters, "Gives a counter a value")
    {
        Access = AccessRole.Writer,
        Description = "Creates the counter if it does not exist, unless If-Match asks that it does.",
        Parameters = [Tenant, Counter, IdempotencyKey, IfMatch],
        Body = CounterSchemas.SetBody,
        Success = TheCounter,
        Problems = [.. ProblemsOfBody, StateFull, .. ProblemsOfWrite],
    };

    public static readonly ApiOperation DeleteCounter = new("deleteCounter", Counters, "Removes a counter")
    {
        Access = AccessRole.Writer,
        Parameters = [Tenant, Counter, IdempotencyKey, IfMatch],
        Success = new(204, "The counter is removed.", MediaType: null),
        Problems =
        [
            ApiProblem.InvalidRequest, NoSuchCounter, ApiProblem.UnknownGroup, ApiProblem.KeyReused, ConditionFailed, .. ProblemsOfWrite,
        ],
    };

    public static readonly ApiOperation GetCounter = new("getCounter", Counters, "Reads a counter")
    {
        Access = AccessRole.Reader,
        Description = "index and term are those of the entry that last changed the counter. "
            + "A stale answer says in ageMilliseconds how old it may be.",
        Parameters = [Tenant, Counter, ApiParameter.Consistency],
        Success = AnswerOf("The counter."),
        Problems =
        [
            ApiProblem.InvalidRequest, NoSuchCounter, ApiProblem.UnknownGroup, ApiProblem.Overloaded, ApiProblem.InternalError, ApiProblem.NoLeader,
        ],
    };

    public static readonly ApiOperation ListCounters = new("listCounters", Counters, "Lists a tenant's counters")
    {
        Access = AccessRole.Reader,
        Description = "In the ordinal order of their names. Every group is asked for its part, each linearizably; "
            + "the page as a whole is not a snapshot. A tenant exists from its first write: one that was never written has no counters.",
        Parameters = [Tenant, After, ApiParameter.Limit(CounterEndpoints.PageSize)],
        Success = new(200, "A page of counters.", CounterSchemas.CounterPage),
        Problems = [ApiProblem.InvalidRequest, ApiProblem.UnknownGroup, ApiProblem.Overloaded, ApiProblem.InternalError, ApiProblem.NoLeader],
    };

    public static readonly ApiOperation ReadNote = new("readNote", Tenants, "Reads the note about a tenant")
    {
        Access = AccessRole.Reader,
        Description = "Kept by an ordinary grain in grain storage, not by a Raft group: it does not answer while its silo is being declared dead.",
        Parameters = [Tenant],
        Success = new(200, "The note.", CounterSchemas.Note),
        Problems = [ApiProblem.InvalidRequest, NoSuchNote, ApiProblem.InternalError],
    };

    public static readonly ApiOperation WriteNote = new("writeNote", Tenants, "Writes the note about a tenant")
    {
        Access = AccessRole.Writer,
        Description = "At most 1,000 characters. The last one stored counts; writing the same again changes nothing.",
        Parameters = [Tenant],
        Body = CounterSchemas.NoteBody,
        Success = new(200, "The note, stored.", CounterSchemas.Note),
        Problems = [ApiProblem.InvalidRequest, ApiProblem.BodyTooLarge, ApiProblem.NotJson, ApiProblem.InternalError],
    };

    public static readonly ApiOperation DeleteTenant = new("deleteTenant", Tenants, "Deletes a tenant")
    {
        Access = AccessRole.Operator,
        Description = "Its counters, its note, and the limits that it has of its own. One request deletes at most 10,000 counters: while more is "
            + "true, send it again. What is written meanwhile may stay: revoke the tenant's keys first.",
        Parameters = [Tenant],
        Success = new(200, "How much was deleted by this request.", CounterSchemas.DeletedTenant),
        Problems = [ApiProblem.InvalidRequest, ApiProblem.Overloaded, ApiProblem.InternalError, ApiProblem.NoLeader, ApiProblem.OutcomeUnknown],
    };

    private static ApiProblem[] ProblemsOfBody =>
        [ApiProblem.InvalidRequest, ApiProblem.UnknownGroup, ApiProblem.KeyReused, ConditionFailed, ApiProblem.BodyTooLarge, ApiProblem.NotJson];

    private static ApiProblem[] ProblemsOfWrite =>
        [ApiProblem.Overloaded, ApiProblem.InternalError, ApiProblem.NoLeader, ApiProblem.OutcomeUnknown];

    private static ApiAnswer AnswerOf(string description) => new(200, description, CounterSchemas.Counter)
    {
        EntityTag = "The log index of the counter's last change, in quotes: for If-Match.",
    };

    private static OpenApiSchema NameSchema() =>
        new() { Type = JsonSchemaType.String, MinLength = 1, MaxLength = NameRule.LengthMax, Pattern = @"^(?!\.{1,2}$)[A-Za-z0-9._-]+$" };
}
