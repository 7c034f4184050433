using System.Text.Json;
using OrleansRaft.Core;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Server.Faults;

namespace OrleansRaft.Server.Events;

/// <summary>Writes events as JSON objects that begin with <c>type</c>, <c>time</c> and <c>silo</c>.</summary>
internal static class EventJson
{
    /// <summary>The type of an event, as readers see it.</summary>
    public static string TypeOf(RaftEvent happened) => happened switch
    {
        RoleEvent => "role",
        VoteEvent => "vote",
        MessageEvent => "message",
        ReplicaEvent => "replica",
        CommitEvent => "commit",
        SnapshotEvent { IsInstalled: false } => "snapshot-taken",
        SnapshotEvent => "snapshot-installed",
        SkipEvent => "entry-skipped",
        VersionEvent => "version-raised",
        MembershipEvent => "membership",
        LaneEvent => "lane",
        SiloEvent => "silo",
        FaultEvent => "fault",
        SampledEvent => "sampled",
        StatsEvent => "stats",
        _ => throw new InvariantViolationException($"every event has a type: {happened.GetType().Name} has none"),
    };

    /// <summary>The word for a role.</summary>
    public static string WordOf(RaftRole? role, bool isLearner) => role switch
    {
        null => "unreachable",
        RaftRole.Leader => "leader",
        RaftRole.Candidate => "candidate",
        RaftRole.PreCandidate => "pre-candidate",
        _ => isLearner ? "learner" : "follower",
    };

    /// <summary>Begins an event's object.</summary>
    public static void Start(Utf8JsonWriter json, string type, long time, string silo)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, type);
        json.WriteNumber("time"u8, time);
        json.WriteString("silo"u8, silo);
    }

    /// <summary>Writes an event.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="seen">The event.</param>
    /// <param name="text">Of an event about one entry, what that is, in words; null where nobody can say.</param>
    public static void Write(Utf8JsonWriter json, SeenEvent seen, string? text = null)
    {
        Start(json, TypeOf(seen.Event), seen.Time, seen.Silo);
        WriteFields(json, seen.Event);
        if (seen.Event is SkipEvent)
        {
            json.WriteString("text"u8, text);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes a number, or null for none.</summary>
    public static void WriteNumberOrNull(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteFields(Utf8JsonWriter json, RaftEvent happened)
    {
        switch (happened)
        {
            case RoleEvent role:
                WriteReplica(json, role.Group, role.Replica);
                json.WriteString("role"u8, WordOf(role.Role, role.IsLearner));
                json.WriteNumber("term"u8, role.Term);
                WriteNumberOrNull(json, "leader", role.Leader == 0 ? null : role.Leader);
                json.WriteNumber("votes"u8, role.Votes);
                json.WriteNumber("voters"u8, role.Voters);
                break;
            case VoteEvent vote:
                WriteReplica(json, vote.Group, vote.Replica);
                json.WriteNumber("candidate"u8, vote.Candidate);
                json.WriteNumber("term"u8, vote.Term);
                json.WriteBoolean("granted"u8, vote.IsGranted);
                break;
            case MessageEvent message:
                WriteMessage(json, message);
                break;
            case ReplicaEvent replica:
                WriteReplica(json, replica);
                break;
            case CommitEvent commit:
                WriteReplica(json, commit.Group, commit.Replica);
                json.WriteNumber("index"u8, commit.Index);
                json.WriteNumber("entries"u8, commit.Entries);
                break;
            case SnapshotEvent snapshot:
                WriteReplica(json, snapshot.Group, snapshot.Replica);
                json.WriteNumber("index"u8, snapshot.Index);
                break;
            case SkipEvent skip:
                WriteReplica(json, skip.Group, skip.Replica);
                json.WriteNumber("index"u8, skip.Index);
                json.WriteNumber("decision"u8, skip.Decision);
                break;
            case VersionEvent raised:
                WriteReplica(json, raised.Group, raised.Replica);
                json.WriteNumber("version"u8, raised.Version);
                json.WriteNumber("index"u8, raised.Index);
                break;
            case MembershipEvent membership:
                WriteReplica(json, membership.Group, membership.Replica);
                json.WriteNumber("version"u8, membership.Version);
                WriteNumbers(json, "voters", membership.Voters);
                WriteNumbers(json, "learners", membership.Learners);
                json.WriteBoolean("isJoint"u8, membership.IsJoint);
                break;
            case StatsEvent stats:
                StatsJson.WriteFields(json, stats);
                break;
            default:
                WriteOthers(json, happened);
                break;
        }
    }

    private static void WriteOthers(Utf8JsonWriter json, RaftEvent happened)
    {
        switch (happened)
        {
            case LaneEvent lane:
                json.WriteString("from"u8, lane.From);
                json.WriteString("to"u8, lane.To);
                json.WriteString("state"u8, lane.IsBroken ? "broken" : "restored");
                break;
            case SiloEvent silo:
                json.WriteString("name"u8, silo.Name);
                json.WriteString("status"u8, silo.Status);
                break;
            case FaultEvent fault:
                json.WritePropertyName("fault"u8);
                FaultJson.Write(json, fault.Fault, fault.IsHealed ? TimeSpan.Zero : TimeSpan.FromSeconds(fault.Fault.Seconds));
                json.WriteString("state"u8, fault.IsHealed ? "healed" : "began");
                break;
            case SampledEvent sampled:
                json.WriteString("group"u8, sampled.Group);
                json.WriteString("of"u8, sampled.Group is null ? "commit" : "message");
                json.WriteNumber("shown"u8, sampled.Shown);
                json.WriteNumber("leftOut"u8, sampled.LeftOut);
                break;
        }
    }

    private static void WriteMessage(Utf8JsonWriter json, MessageEvent message)
    {
        json.WriteString("group"u8, message.Group);
        json.WriteNumber("from"u8, message.From);
        json.WriteNumber("to"u8, message.To);
        json.WriteString("kind"u8, message.Kind);
        json.WriteNumber("term"u8, message.Term);
        json.WriteNumber("index"u8, message.Index);
        json.WriteNumber("entries"u8, message.Entries);
        json.WriteBoolean("rejected"u8, message.IsRejected);
        json.WriteBoolean("lost"u8, message.IsLost);
    }

    private static void WriteReplica(Utf8JsonWriter json, ReplicaEvent replica)
    {
        WriteReplica(json, replica.Group, replica.Replica);
        json.WriteString("role"u8, WordOf(replica.Role, replica.IsLearner));
        json.WriteNumber("term"u8, replica.Term);
        json.WriteNumber("lastIndex"u8, replica.LastIndex);
        json.WriteNumber("lastTerm"u8, replica.LastTerm);
        json.WriteNumber("commitIndex"u8, replica.CommitIndex);
        json.WriteNumber("appliedIndex"u8, replica.AppliedIndex);
        json.WriteNumber("snapshotIndex"u8, replica.SnapshotIndex);
        json.WriteNumber("electionTicks"u8, replica.ElectionTicks);
        json.WriteNumber("electionTimeoutTicks"u8, replica.ElectionTimeoutTicks);
        json.WriteBoolean("asleep"u8, replica.IsQuiescent);
        json.WriteStartArray("progress"u8);
        foreach (var peer in replica.Progress)
        {
            json.WriteStartObject();
            json.WriteNumber("replica"u8, peer.Replica);
            json.WriteString("state"u8, peer.State switch
            {
                ProgressState.Probe => "probe",
                ProgressState.Replicate => "replicate",
                _ => "snapshot",
            });
            json.WriteNumber("matchIndex"u8, peer.MatchIndex);
            json.WriteNumber("nextIndex"u8, peer.NextIndex);
            json.WriteNumber("sentBytes"u8, peer.SentBytes);
            json.WriteNumber("sizeBytes"u8, peer.SizeBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteReplica(Utf8JsonWriter json, string group, long replica)
    {
        json.WriteString("group"u8, group);
        json.WriteNumber("replica"u8, replica);
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, long[] numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }
}
