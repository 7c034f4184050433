namespace OrleansRaft.Server;

/// <summary>Every operation of the API, as the OpenAPI document tells it.</summary>
internal static class ApiOperations
{
    private static readonly ApiAnswer TheCounter = new(200, "The counter, once the write is applied.", ApiSchemas.Counter, HasTag: true);
    private static readonly ApiAnswer TheGroup = new(200, "The group as it is then.", ApiSchemas.Group);
    private static readonly ApiProblem Invalid = new(400, ProblemTypes.InvalidRequest, "a field, header or parameter is wrong; field names it");
    private static readonly ApiProblem FaultsOff = new(403, ProblemTypes.FaultsDisabled, "faults are off on this cluster, or this kind is not possible in it");
    private static readonly ApiProblem LabOff = new(403, ProblemTypes.LabDisabled, "the lab is off on this silo");
    private static readonly ApiProblem NoSuchScenario = new(404, ProblemTypes.UnknownScenario, "the lab has no such scenario");
    private static readonly ApiProblem NoSuchGroup = new(404, ProblemTypes.UnknownGroup, "there is no such group in this cluster");
    private static readonly ApiProblem NoSuchCounter = new(404, ProblemTypes.UnknownCounter, "the counter was never written, or was deleted");
    private static readonly ApiProblem NoSuchNote = new(404, ProblemTypes.UnknownNote, "the tenant has no note");
    private static readonly ApiProblem KeyReused = new(409, ProblemTypes.KeyReused, "the Idempotency-Key came before with another body or condition");
    private static readonly ApiProblem ConditionFailed = new(412, ProblemTypes.PreconditionFailed, "the counter is not as If-Match says; nothing was changed");
    private static readonly ApiProblem TooLarge = new(413, ProblemTypes.BodyTooLarge, "the body is larger than 64 KB");
    private static readonly ApiProblem NotJson = new(415, ProblemTypes.UnsupportedMediaType, "the body is not said to be JSON in UTF-8");
    private static readonly ApiProblem Overflow = new(422, ProblemTypes.Overflow, "the sum does not fit into 64 bits; nothing was changed");
    private static readonly ApiProblem Overloaded = new(429, ProblemTypes.Overloaded, "too much waits already; nothing was changed");
    private static readonly ApiProblem Failed = new(500, ProblemTypes.InternalError, "the server failed; its log says why");
    private static readonly ApiProblem NoLeader = new(503, ProblemTypes.NoLeader, "no leader could be reached in time; nothing was changed");
    private static readonly ApiProblem Conflict =
        new(409, ProblemTypes.ConfigurationConflict, "the members have changed since, or another change is under way; nothing was changed");
    private static readonly ApiProblem ChangeUnknown = new(504, ProblemTypes.OutcomeUnknown, "the change may have been made, in part or whole; read the group");
    private static readonly ApiProblem OutcomeUnknown = new(504, ProblemTypes.OutcomeUnknown, "the write may have been applied; repeat it with the same Idempotency-Key");

    public static readonly ApiOperation IncrementCounter = new("incrementCounter", ApiTags.Counters, "Adds to a counter")
    {
        Description = "A counter that does not exist starts at 0. An increment that would overflow is refused and changes nothing.",
        Parameters = [ApiParameter.Tenant, ApiParameter.Counter, ApiParameter.IdempotencyKey, ApiParameter.IfMatch],
        Body = ApiSchemas.IncrementBody,
        Success = TheCounter,
        Problems = [Invalid, NoSuchGroup, KeyReused, ConditionFailed, TooLarge, NotJson, Overflow, Overloaded, Failed, NoLeader, OutcomeUnknown],
    };

    public static readonly ApiOperation SetCounter = new("setCounter", ApiTags.Counters, "Gives a counter a value")
    {
        Description = "Creates the counter if it does not exist, unless If-Match asks that it does.",
        Parameters = [ApiParameter.Tenant, ApiParameter.Counter, ApiParameter.IdempotencyKey, ApiParameter.IfMatch],
        Body = ApiSchemas.SetBody,
        Success = TheCounter,
        Problems = [Invalid, NoSuchGroup, KeyReused, ConditionFailed, TooLarge, NotJson, Overloaded, Failed, NoLeader, OutcomeUnknown],
    };

    public static readonly ApiOperation DeleteCounter = new("deleteCounter", ApiTags.Counters, "Removes a counter")
    {
        Parameters = [ApiParameter.Tenant, ApiParameter.Counter, ApiParameter.IdempotencyKey, ApiParameter.IfMatch],
        Success = new(204, "The counter is removed.", MediaType: null),
        Problems = [Invalid, NoSuchCounter, NoSuchGroup, KeyReused, ConditionFailed, Overloaded, Failed, NoLeader, OutcomeUnknown],
    };

    public static readonly ApiOperation GetCounter = new("getCounter", ApiTags.Counters, "Reads a counter")
    {
        Description = "index and term are those of the entry that last changed the counter. A stale answer says in ageMilliseconds how old it may be.",
        Parameters = [ApiParameter.Tenant, ApiParameter.Counter, ApiParameter.Consistency],
        Success = new(200, "The counter.", ApiSchemas.Counter, HasTag: true),
        Problems = [Invalid, NoSuchCounter, NoSuchGroup, Overloaded, Failed, NoLeader],
    };

    public static readonly ApiOperation ListCounters = new("listCounters", ApiTags.Counters, "Lists a tenant's counters")
    {
        Description = "In the ordinal order of their names. Every group is asked for its part, each linearizably; the page as a whole is no snapshot. "
            + "A tenant exists from its first write: one that was never written has no counters.",
        Parameters = [ApiParameter.Tenant, ApiParameter.AfterCounter, ApiParameter.Limit(CounterEndpoints.PageSize)],
        Success = new(200, "A page of counters.", ApiSchemas.CounterPage),
        Problems = [Invalid, NoSuchGroup, Overloaded, Failed, NoLeader],
    };

    public static readonly ApiOperation ReadNote = new("readNote", ApiTags.Tenants, "Reads the note about a tenant")
    {
        Description = "Kept by an ordinary grain in grain storage, not by a Raft group: while its silo is being declared dead, nobody answers.",
        Parameters = [ApiParameter.Tenant],
        Success = new(200, "The note.", ApiSchemas.Note),
        Problems = [Invalid, NoSuchNote, Failed],
    };

    public static readonly ApiOperation WriteNote = new("writeNote", ApiTags.Tenants, "Writes the note about a tenant")
    {
        Description = "At most 1,000 characters. The last one stored counts; writing the same again changes nothing.",
        Parameters = [ApiParameter.Tenant],
        Body = ApiSchemas.NoteBody,
        Success = new(200, "The note, stored.", ApiSchemas.Note),
        Problems = [Invalid, TooLarge, NotJson, Failed],
    };

    public static readonly ApiOperation ListGroups = new("listGroups", ApiTags.Groups, "Lists the Raft groups with their replicas")
    {
        Parameters = [ApiParameter.AfterGroup, ApiParameter.Limit(GroupEndpoints.GroupPageSize)],
        Success = new(200, "A page of groups.", ApiSchemas.GroupPage),
        Problems = [Invalid, Failed],
    };

    public static readonly ApiOperation GetGroup = new("getGroup", ApiTags.Groups, "Shows one Raft group with its replicas")
    {
        Parameters = [ApiParameter.Group, ApiParameter.Digest],
        Success = new(200, "The group.", ApiSchemas.Group),
        Problems = [Invalid, NoSuchGroup, Failed],
    };

    public static readonly ApiOperation TransferLeadership = new("transferLeadership", ApiTags.Groups, "Hands a group's leadership to another of its voters")
    {
        Description = "Answers when that replica leads.",
        Parameters = [ApiParameter.Group],
        Body = ApiSchemas.LeaderBody,
        Success = TheGroup,
        Problems = [Invalid, NoSuchGroup, TooLarge, NotJson, Overloaded, Failed, NoLeader, ChangeUnknown],
    };

    public static readonly ApiOperation AddMember = new("addMember", ApiTags.Groups, "Adds a replica to a group, replaces one, or changes the number of voters")
    {
        Description = "A new replica receives the log first, and votes when it has caught up; one that is far behind is answered as a learner and becomes a voter "
            + "by itself. Numbers of removed replicas are not used again. A group has at most 7 voters and 7 learners.",
        Parameters = [ApiParameter.Group],
        Body = ApiSchemas.MembersBody,
        Success = TheGroup,
        Problems = [Invalid, NoSuchGroup, Conflict, TooLarge, NotJson, Overloaded, Failed, NoLeader, ChangeUnknown],
    };

    public static readonly ApiOperation RemoveMember = new("removeMember", ApiTags.Groups, "Removes a replica from a group")
    {
        Description = "The parameters may also stand in a body. A leader that is removed hands over first.",
        Parameters = [ApiParameter.Group, ApiParameter.Replica, ApiParameter.Version, ApiParameter.Force],
        Success = TheGroup,
        Problems = [Invalid, NoSuchGroup, Conflict, TooLarge, NotJson, Overloaded, Failed, NoLeader, ChangeUnknown],
    };

    public static readonly ApiOperation ReadLog = new("readLog", ApiTags.Groups, "Shows entries of a group's log, for people")
    {
        Description = "Read from the leader, or else from the replica that holds the most. Begins later than asked where the log was compacted.",
        Parameters = [ApiParameter.Group, ApiParameter.AfterIndex, ApiParameter.Limit(GroupEndpoints.LogPageSize)],
        Success = new(200, "A page of entries.", ApiSchemas.LogPage),
        Problems = [Invalid, NoSuchGroup, Failed],
    };

    public static readonly ApiOperation StreamEvents = new("streamEvents", ApiTags.Events, "Follows what happens in the cluster, as server-sent events")
    {
        Description = "Begins with a snapshot. Last-Event-ID resumes a broken stream; where that is not possible, reset and a snapshot say so. "
            + "With a group in focus its messages come too, sampled when there are many. The package's README lists all types of events.",
        Parameters = [ApiParameter.FocusGroup, ApiParameter.LastEventId],
        Success = new(200, "The stream; it ends when the reader leaves or the silo stops.", MediaType: "text/event-stream"),
        Problems = [Invalid, NoSuchGroup, Overloaded, Failed],
    };

    public static readonly ApiOperation ListFaults = new("listFaults", ApiTags.Faults, "Lists the faults in force, and whether there can be any")
    {
        Success = new(200, "The faults.", ApiSchemas.FaultList),
        Problems = [Failed],
    };

    public static readonly ApiOperation BeginFault = new("beginFault", ApiTags.Faults, "Breaks something in the running cluster, for a time")
    {
        Description = "In force on every silo, whichever is asked, and healed by itself after the given seconds. Only where Faults:Enabled is set.",
        Body = ApiSchemas.FaultBody,
        Success = new(201, "The fault, in force.", ApiSchemas.Fault),
        Problems = [Invalid, FaultsOff, NoSuchGroup, TooLarge, NotJson, NoLeader, Failed],
    };

    public static readonly ApiOperation HealFault = new("healFault", ApiTags.Faults, "Heals a fault")
    {
        Parameters = [ApiParameter.Fault],
        Success = new(204, "The fault is healed.", MediaType: null),
        Problems = [FaultsOff, new(404, ProblemTypes.UnknownFault, "there is no such fault, or it has healed by itself"), Failed],
    };

    public static readonly ApiOperation HealFaults = new("healFaults", ApiTags.Faults, "Heals every fault")
    {
        Success = new(204, "All faults are healed.", MediaType: null),
        Problems = [FaultsOff, Failed],
    };

    public static readonly ApiOperation ListScenarios = new("listScenarios", ApiTags.Lab, "Lists the scenarios of the lab")
    {
        Success = new(200, "The scenarios.", ApiSchemas.ScenarioList),
        Problems = [LabOff, Failed],
    };

    public static readonly ApiOperation GetScenario = new("getScenario", ApiTags.Lab, "Reads a scenario")
    {
        Parameters = [ApiParameter.Scenario],
        Success = new(200, "The scenario, as it can be altered and posted.", ApiSchemas.Scenario),
        Problems = [LabOff, NoSuchScenario, Failed],
    };

    public static readonly ApiOperation PlayScenario = new("playScenario", ApiTags.Lab, "Plays a scenario on the real algorithm under virtual time")
    {
        Parameters = [ApiParameter.Scenario],
        Success = new(200, "The recording of the whole play: the same every time.", ApiSchemas.Recording),
        Problems = [LabOff, NoSuchScenario, Overloaded, Failed],
    };

    public static readonly ApiOperation PlayPosted = new("playPostedScenario", ApiTags.Lab, "Plays a scenario of the visitor's own")
    {
        Description = "Nothing of it is kept. What is wrong with it is named by its place, such as steps[3].cut.",
        Body = ApiSchemas.Scenario,
        Success = new(200, "The recording of the whole play.", ApiSchemas.Recording),
        Problems = [Invalid, LabOff, TooLarge, NotJson, Overloaded, Failed],
    };

    public static readonly ApiOperation Live = new("checkLive", ApiTags.Operations, "Whether the process runs")
    {
        Success = new(200, "It runs.", ApiSchemas.Health),
    };

    public static readonly ApiOperation Ready = new("checkReady", ApiTags.Operations, "Whether the silo has joined, reaches its stores, and its replicas have caught up")
    {
        Success = new(200, "It is ready.", ApiSchemas.Health),
        Problems = [new(503, ProblemTypes.NotReady, "the silo is not ready"), Failed],
    };

    public static readonly ApiOperation Alarms = new("listAlarms", ApiTags.Operations, "What is wrong anywhere in the cluster; empty when all is well")
    {
        Success = new(200, "The alarms, at most 1,000.", ApiSchemas.AlarmList),
        Problems = [Failed],
    };

    public static readonly ApiOperation Metrics = new("readMetrics", ApiTags.Operations, "Measurements in Prometheus' text format")
    {
        Success = new(200, "The measurements.", MediaType: "text/plain"),
    };
}
