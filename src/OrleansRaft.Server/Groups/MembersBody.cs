using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Groups;

/// <summary>What a request wants of a group's members, and for which version of its configuration.</summary>
/// <param name="Goal">What is wanted.</param>
/// <param name="Version">The version; null for whichever is in force.</param>
internal readonly record struct MembersRequest(MembershipGoal Goal, LogIndex? Version)
{
    /// <summary>The field that is to blame when the goal is refused.</summary>
    public string FieldOf(string rejection) => Goal switch
    {
        ResizeGroup => "voters",
        AddMember { Silo: { } silo } when rejection.Contains($"'{silo}'", StringComparison.Ordinal) => "silo",
        AddMember { Replaces: not null, Replica: null } => "replaces",
        _ => "replica",
    };
}

/// <summary>Reads what a request wants of a group's members: numbers, a name and a yes or no, each of them optional.</summary>
internal static class MembersBody
{
    private const string Example = """{"replica": 4, "version": 17}""";
    private const string Known = "\"replica\", \"replaces\", \"learner\", \"silo\", \"voters\", \"force\" and \"version\"";

    /// <summary>Reads a body that adds a member, or asks for a number of voters.</summary>
    public static ValueTask<Checked<MembersRequest>> ReadAdditionAsync(HttpRequest request) =>
        RequestBody.ReadAsync(request, true, static (in ReadOnlySequence<byte> body, bool _) => Read(body, ToAddition));

    /// <summary>Reads which member to remove, from the parameters behind the question mark or from a body.</summary>
    public static async ValueTask<Checked<MembersRequest>> ReadRemovalAsync(HttpRequest request)
    {
        // A body may come in pieces, without a length.
        if (request.ContentLength > 0 || !string.IsNullOrEmpty(request.ContentType))
        {
            return await RequestBody.ReadAsync(request, true, static (in ReadOnlySequence<byte> body, bool _) => Read(body, ToRemoval));
        }

        var replica = Number(request, "replica");
        var version = Number(request, "version");
        var force = QueryParameters.Flag(request, "force");
        return (replica.Problem ?? version.Problem ?? force.Problem) is { } problem
            ? problem
            : ToRemoval(new Fields { Replica = replica.Value, Version = version.Value, IsForced = force.Value });
    }

    private static Checked<long?> Number(HttpRequest request, string name) => QueryParameters.Text(request, name) switch
    {
        { Problem: { } problem } => problem,
        { Value: null } => (long?)null,
        { Value: var text } when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        { Value: var other } => KnownProblems.InvalidRequest(
            name, $"The parameter {name} is {Shortened.Of(other)}, but must be a number, such as {name}=4."),
    };

    private static Checked<MembersRequest> Read(in ReadOnlySequence<byte> body, Func<Fields, Checked<MembersRequest>> conclude)
    {
        if (body.IsEmpty)
        {
            return KnownProblems.InvalidRequest("body", $"The body is empty. Send a JSON object such as {Example}.");
        }

        try
        {
            var json = new Utf8JsonReader(body);
            var fields = new Fields();
            return ReadFields(ref json, fields) is { } problem ? problem : conclude(fields);
        }
        catch (JsonException exception)
        {
            return KnownProblems.InvalidRequest(
                "body",
                $"The body is not JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}. "
                    + $"Send an object such as {Example}.");
        }
        catch (InvalidOperationException)
        {
            return KnownProblems.InvalidRequest("body", $"The body holds a text that is none. It knows {Known}.");
        }
    }

    private static Problem? ReadFields(ref Utf8JsonReader json, Fields fields)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            return KnownProblems.InvalidRequest("body", $"The body is JSON, but no object. Send an object such as {Example}.");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            if (!seen.Add(name))
            {
                return KnownProblems.InvalidRequest(name, $"The field \"{name}\" is given twice. Give it once.");
            }

            json.Read();
            if (fields.Take(name, ref json) is { } problem)
            {
                return problem;
            }
        }

        json.Read();
        return null;
    }

    private static Checked<MembersRequest> ToAddition(Fields fields)
    {
        if (fields.Voters is { } voters)
        {
            return fields is { Replica: null, Replaces: null, IsLearner: null, Silo: null }
                ? new MembersRequest(
                    new ResizeGroup((int)Math.Clamp(voters, 0, int.MaxValue)) { Force = fields.IsForced ?? false }, fields.ExpectedVersion)
                : KnownProblems.InvalidRequest(
                    "voters", "The field \"voters\" asks for a number of voters, and stands alone, or beside \"version\" and \"force\".");
        }

        if (fields.IsForced is not null)
        {
            return KnownProblems.InvalidRequest("force", "The field \"force\" goes with \"voters\", or with a removal: nothing else needs it.");
        }

        return new MembersRequest(
            new AddMember
            {
                Replica = IdOf(fields.Replica),
                Replaces = IdOf(fields.Replaces),
                AsLearner = fields.IsLearner ?? false,
                Silo = fields.Silo,
            },
            fields.ExpectedVersion);
    }

    private static Checked<MembersRequest> ToRemoval(Fields fields) => fields switch
    {
        { Replica: null } => KnownProblems.InvalidRequest("replica", "It is not said which replica to remove. Name it, as in ?replica=4."),
        { Replaces: null, IsLearner: null, Silo: null, Voters: null } => new MembersRequest(
            new RemoveMember(IdOf(fields.Replica)!.Value) { Force = fields.IsForced ?? false }, fields.ExpectedVersion),
        _ => KnownProblems.InvalidRequest(
            "body", "A removal knows only \"replica\", \"version\" and \"force\"; to put another in its place, POST it with \"replaces\"."),
    };

    private static ReplicaId? IdOf(long? number) => number is { } value ? new ReplicaId(value) : null;

    /// <summary>The fields that were given.</summary>
    private sealed class Fields
    {
        public long? Replica { get; set; }

        public long? Replaces { get; set; }

        public long? Voters { get; set; }

        public long? Version { get; set; }

        public bool? IsLearner { get; set; }

        public bool? IsForced { get; set; }

        public string? Silo { get; set; }

        public LogIndex? ExpectedVersion => Version is { } version ? new LogIndex(version) : null;

        /// <summary>Takes the value on which the reader stands.</summary>
        public Problem? Take(string name, ref Utf8JsonReader json)
        {
            switch (name)
            {
                case "replica":
                    return TakeNumber(name, ref json, 1, number => Replica = number);
                case "replaces":
                    return TakeNumber(name, ref json, 1, number => Replaces = number);
                case "voters":
                    return TakeNumber(name, ref json, 0, number => Voters = number);
                case "version":
                    return TakeNumber(name, ref json, 0, number => Version = number);
                case "learner" when json.TokenType is JsonTokenType.True or JsonTokenType.False:
                    IsLearner = json.GetBoolean();
                    return null;
                case "force" when json.TokenType is JsonTokenType.True or JsonTokenType.False:
                    IsForced = json.GetBoolean();
                    return null;
                case "force":
                    return KnownProblems.InvalidRequest(name, "The field \"force\" must be true or false.");
                case "learner":
                    return KnownProblems.InvalidRequest(name, "The field \"learner\" must be true or false.");
                case "silo" when json.TokenType == JsonTokenType.String && json.GetString() is { Length: > 0 and <= 256 } silo:
                    Silo = silo;
                    return null;
                case "silo":
                    return KnownProblems.InvalidRequest(name, "The field \"silo\" must be the name of a silo.");
                default:
                    return KnownProblems.InvalidRequest(
                        name.Length <= 128 ? name : "body", $"The field {Shortened.Of(name)} is unknown here. The body knows {Known}.");
            }
        }

        private static Problem? TakeNumber(string name, ref Utf8JsonReader json, long least, Action<long> take)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number) || number < least)
            {
                return KnownProblems.InvalidRequest(name, $"The field \"{name}\" must be a whole number of at least {least}.");
            }

            take(number);
            return null;
        }
    }
}
