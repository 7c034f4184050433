using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Description;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Groups;

/// <summary>The operations on groups, as the OpenAPI document describes them.</summary>
internal static class GroupOperations
{
    private static readonly ApiParameter Group = ApiParameter.InPath("group", "Which group, such as counters-0.");

    private static readonly ApiParameter AfterGroup = ApiParameter.InQuery("after", "Groups after this name: the next of the page before.");

    private static readonly ApiParameter AfterIndex = ApiParameter.InQuery(
        "after",
        "Entries after this log index: the next of the page before.",
        () => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" });

    private static readonly ApiParameter Replica = ApiParameter.InQuery(
        "replica", "Which replica.", () => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "1" });

    private static readonly ApiParameter Version = ApiParameter.InQuery(
        "version",
        "The configuration's version for which the change is made; any without it.",
        () => new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" });

    private static readonly ApiParameter Force = ApiParameter.InQuery(
        "force",
        "Whether the group catalogue-0 may be left with fewer voters than it should have.",
        () => new OpenApiSchema { Type = JsonSchemaType.Boolean, Default = JsonValue.Create(false) });

    private static readonly ApiAnswer TheGroup = new(200, "The group as it is then.", GroupSchemas.Group);

    private static readonly ApiProblem Conflict =
        new(409, ProblemTypes.ConfigurationConflict, "the members have changed since, or another change is under way; nothing was changed");

    private static readonly ApiProblem ChangeUnknown =
        new(504, ProblemTypes.OutcomeUnknown, "the change may have been made, in part or whole; read the group");

    public static readonly ApiOperation ListGroups = new("listGroups", ApiTag.Groups, "Lists the Raft groups with their replicas")
    {
        Access = AccessRole.Reader,
        Parameters = [AfterGroup, ApiParameter.Limit(GroupEndpoints.GroupPageSize)],
        Success = new(200, "A page of groups.", GroupSchemas.GroupPage),
        Problems = [ApiProblem.InvalidRequest, ApiProblem.InternalError],
    };

    public static readonly ApiOperation GetGroup = new("getGroup", ApiTag.Groups, "Shows one Raft group with its replicas")
    {
        Access = AccessRole.Reader,
        Parameters = [Group],
        Success = new(200, "The group.", GroupSchemas.Group),
        Problems = [ApiProblem.UnknownGroup, ApiProblem.InternalError],
    };

    public static readonly ApiOperation DeleteRemoved = new("deleteRemoved", ApiTag.Groups, "Deletes what removed members of a group have stored")
    {
        Access = AccessRole.Operator,
        Description = "Refused while the members are being changed, or a majority of them does not confirm the membership. May be repeated.",
        Parameters = [Group],
        Success = new(200, "The numbers of the replicas of which there was something.", GroupSchemas.DeletedReplicas),
        Problems = [ApiProblem.UnknownGroup, ApiProblem.InternalError, ApiProblem.NoLeader, ChangeUnknown],
    };

    public static readonly ApiOperation CompareGroup =
        new("compareGroup", ApiTag.Groups, "Compares the states of a group's replicas")
        {
            Access = AccessRole.Operator,
            Description = "The leader appends an entry to the log, and every replica makes a digest of its state exactly there. Waits for all that "
                + "can be reached. A replica that holds something else than a majority of the voters has its state replaced by its leader's.",
            Parameters = [Group],
            Success = new(200, "What came of it, whatever that is.", GroupSchemas.Comparison),
            Problems =
            [
                ApiProblem.UnknownGroup,
                ApiProblem.Overloaded,
                ApiProblem.InternalError,
                ApiProblem.NoLeader,
                new(503, ProblemTypes.MachineHalted, "the state machine of the leader is halted; nothing was compared"),
                new(504, ProblemTypes.OutcomeUnknown, "the leader did not answer; the comparison may have been made"),
            ],
        };

    public static readonly ApiOperation TransferLeadership =
        new("transferLeadership", ApiTag.Groups, "Hands a group's leadership to another of its voters")
        {
            Access = AccessRole.Operator,
            Description = "Answers when that replica leads.",
            Parameters = [Group],
            Body = GroupSchemas.LeaderBody,
            Success = TheGroup,
            Problems = ProblemsOfDecision,
        };

    public static readonly ApiOperation SkipEntry =
        new("skipEntry", ApiTag.Groups, "Lets a halted group pass over the entry that halts its state machine")
        {
            Access = AccessRole.Operator,
            Description = "The entry is never applied, on any replica, and repetitions of its command are refused (entry-skipped). Only the entry at "
                + "which the leader is halted can be skipped, and only while no replica that answers has applied it. One that cannot be reached may "
                + "have: a caller may then have been given a result, and that replica discards its state when it hears of the decision.",
            Parameters = [Group],
            Body = GroupSchemas.SkipBody,
            Success = TheGroup,
            Problems = ProblemsOfDecision,
        };

    public static readonly ApiOperation RaiseVersion =
        new("raiseVersion", ApiTag.Groups, "Raises the version at which a group's state machine works")
        {
            Access = AccessRole.Operator,
            Description = "Answers when the leader works at it. Refused while a member's program does not support the version, or has not said what "
                + "it supports; a version is never lowered. Unless Raft:AutoRaise is off, leaders raise it by themselves.",
            Parameters = [Group],
            Body = GroupSchemas.VersionBody,
            Success = TheGroup,
            Problems =
            [
                .. ProblemsOfDecision,
                new(409, ProblemTypes.VersionNotRaised, "a member's program does not support the version; nothing was changed"),
            ],
        };

    public static readonly ApiOperation AddMember =
        new("addMember", ApiTag.Groups, "Adds a replica to a group, replaces one, or changes the number of voters")
        {
            Access = AccessRole.Operator,
            Description = "A new replica receives the log first, and votes when it has caught up; one that is far behind is answered as a learner "
                + "and becomes a voter by itself. Numbers of removed replicas are not used again. A group has at most 7 voters and 7 learners.",
            Parameters = [Group],
            Body = GroupSchemas.MembersBody,
            Success = TheGroup,
            Problems = ProblemsOfChange,
        };

    public static readonly ApiOperation RemoveMember = new("removeMember", ApiTag.Groups, "Removes a replica from a group")
    {
        Access = AccessRole.Operator,
        Description = "The parameters may also stand in a body. A leader that is removed hands over first.",
        Parameters = [Group, Replica, Version, Force],
        Success = TheGroup,
        Problems = ProblemsOfChange,
    };

    public static readonly ApiOperation ReadLog = new("readLog", ApiTag.Groups, "Shows entries of a group's log, for display")
    {
        Access = AccessRole.Reader,
        Description = "Read from the leader, or else from the replica that holds the most. Begins later than asked where the log was compacted.",
        Parameters = [Group, AfterIndex, ApiParameter.Limit(GroupEndpoints.LogPageSize)],
        Success = new(200, "A page of entries.", GroupSchemas.LogPage),
        Problems = [ApiProblem.InvalidRequest, ApiProblem.UnknownGroup, ApiProblem.InternalError],
    };

    private static ApiProblem[] ProblemsOfDecision =>
    [
        ApiProblem.InvalidRequest,
        ApiProblem.UnknownGroup,
        ApiProblem.BodyTooLarge,
        ApiProblem.NotJson,
        ApiProblem.Overloaded,
        ApiProblem.InternalError,
        ApiProblem.NoLeader,
        ChangeUnknown,
    ];

    private static ApiProblem[] ProblemsOfChange =>
    [
        ApiProblem.InvalidRequest,
        ApiProblem.UnknownGroup,
        Conflict,
        ApiProblem.BodyTooLarge,
        ApiProblem.NotJson,
        ApiProblem.Overloaded,
        ApiProblem.InternalError,
        ApiProblem.NoLeader,
        ChangeUnknown,
    ];
}
