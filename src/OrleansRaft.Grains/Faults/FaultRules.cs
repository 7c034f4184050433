using System.Globalization;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Faults;

/// <summary>Which fields a fault must have, and what they may name.</summary>
internal sealed class FaultRules(GroupTable groups, ClusterMembership silos)
{
    private const int SecondsMax = 600;
    private const int MillisecondsMax = 10_000;

    /// <summary>What is wrong with a wanted fault; null when nothing is.</summary>
    public FaultRejection? Check(Fault wanted)
    {
        if (wanted.Seconds is < 1 or > SecondsMax)
        {
            return Invalid("seconds", $"seconds is {wanted.Seconds}. Use a number from 1 to {SecondsMax}: after so long the fault heals by itself.");
        }

        return CheckGroup(wanted) ?? CheckFields(wanted) ?? CheckMilliseconds(wanted);
    }

    private static FaultRejection Invalid(string field, string detail) => new(FaultRejectionReason.Invalid, field, detail);

    private FaultRejection? CheckGroup(Fault wanted) => wanted.Group is { } group && groups.Find(group) is null
        ? new FaultRejection(FaultRejectionReason.UnknownGroup, "group", $"There is no group '{group}' in this cluster.")
        : null;

    private FaultRejection? CheckFields(Fault wanted) => wanted.Kind switch
    {
        FaultKind.Cut or FaultKind.Delay => Superfluous(wanted, "group", "from", "to", "oneWay") ?? CheckLink(wanted),
        FaultKind.Split => Superfluous(wanted, "group", "silos", "replicas") ?? CheckSide(wanted),
        FaultKind.Pause => Superfluous(wanted, "group", "replica") ?? CheckReplica(wanted),
        FaultKind.Kill => Superfluous(wanted, "silo") ?? CheckSilo("silo", wanted.Silo),
        _ when wanted.Silo is not null => Superfluous(wanted, "silo") ?? CheckSilo("silo", wanted.Silo),
        _ => Superfluous(wanted, "group", "replica") ?? CheckReplica(wanted),
    };

    /// <summary>A field that does not apply to the kind would be ignored silently otherwise.</summary>
    private static FaultRejection? Superfluous(Fault wanted, params ReadOnlySpan<string> known)
    {
        (string Name, bool IsGiven)[] fields =
        [
            ("group", wanted.Group is not null),
            ("replica", wanted.Replica is not null),
            ("replicas", wanted.Replicas is not null),
            ("silo", wanted.Silo is not null),
            ("silos", wanted.Silos is not null),
            ("from", wanted.From is not null),
            ("to", wanted.To is not null),
            ("oneWay", wanted.IsOneWay),
        ];
        foreach (var (name, isGiven) in fields)
        {
            if (isGiven && !known.Contains(name))
            {
                return Invalid(
                    name, $"{name} does not apply to {KindOf(wanted)} faults. Leave it out; the allowed fields are {string.Join(", ", known)}.");
            }
        }

        return null;
    }

    private static string KindOf(Fault wanted) => wanted.Kind.ToString().ToLowerInvariant();

    private static FaultRejection? CheckMilliseconds(Fault wanted)
    {
        var isNeeded = wanted.Kind is FaultKind.Delay or FaultKind.Slow;
        return (isNeeded, wanted.Milliseconds) switch
        {
            (true, null) => Invalid("milliseconds", $"milliseconds is missing. Say how much longer it takes, from 1 to {MillisecondsMax}."),
            (true, < 1 or > MillisecondsMax) =>
                Invalid("milliseconds", $"milliseconds is {wanted.Milliseconds}. Use a number from 1 to {MillisecondsMax}."),
            (false, not null) => Invalid("milliseconds", $"milliseconds does not apply to {KindOf(wanted)} faults. Leave it out."),
            _ => null,
        };
    }

    private FaultRejection? CheckLink(Fault wanted)
    {
        if ((CheckEnd("from", wanted.From, wanted.Group) ?? CheckEnd("to", wanted.To, wanted.Group)) is { } problem)
        {
            return problem;
        }

        return wanted.From == wanted.To ? Invalid("to", $"to is {wanted.To}, as from is. Name two different ones.") : null;
    }

    private FaultRejection? CheckEnd(string field, string? end, string? group)
    {
        if (group is null)
        {
            return CheckSilo(field, end);
        }

        return long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var replica) && IsMember(group, replica)
            ? null
            : Invalid(field, $"{field} is {Quoted(end)}, which is not a replica of {group}; its replicas are {MembersOf(group)}.");
    }

    private FaultRejection? CheckSilo(string field, string? silo) => silos.Active.Any(place => place.Name == silo)
        ? null
        : Invalid(
            field,
            $"{field} is {Quoted(silo)}, not an active silo; those are {string.Join(", ", silos.Active.Select(static place => place.Name))}.");

    private FaultRejection? CheckReplica(Fault wanted)
    {
        if (wanted.Group is null)
        {
            return Invalid(
                "group", $"group is missing. Name a group and one of its replicas{(wanted.Kind == FaultKind.Pause ? "" : ", or a silo")}.");
        }

        return wanted.Replica is { } replica && (replica == 0 || IsMember(wanted.Group, replica))
            ? null
            : Invalid(
                "replica",
                $"replica is {Quoted(wanted.Replica?.ToString(CultureInfo.InvariantCulture))}; "
                    + $"{wanted.Group} has {MembersOf(wanted.Group)}, or say \"leader\".");
    }

    private FaultRejection? CheckSide(Fault wanted)
    {
        if (wanted.Group is { } group)
        {
            return wanted.Replicas is not { Length: > 0 } side ? Invalid(
                "replicas", $"replicas is missing. Name one side; {group} has {MembersOf(group)}.")
                : wanted.Silos is not null ? Invalid("silos", "silos does not apply to a fault of one group. Name one side as replicas.")
                : Array.Find(side, replica => !IsMember(group, replica)) is not 0 and var stranger ? Invalid(
                    "replicas", $"replicas names {stranger}; {group} has {MembersOf(group)}.")
                : side.Distinct()
                    .Count() == groups
                    .Find(group)!.Configuration.Members.Length ? Invalid("replicas", "replicas names all of them. Name one side only.")
                : null;
        }

        if (wanted.Silos is not { Length: > 0 } silosOfSide)
        {
            return Invalid("silos", "silos is missing. Name the silos of one side, or a group and the replicas of one side.");
        }

        foreach (var silo in silosOfSide)
        {
            if (CheckSilo("silos", silo) is { } problem)
            {
                return problem;
            }
        }

        return wanted.Replicas is not null ? Invalid("replicas", "replicas needs a group. Name the group.")
            : silosOfSide.Distinct().Count() == silos.Active.Count ? Invalid("silos", "silos names all of them. Name one side only.")
            : null;
    }

    private bool IsMember(string group, long replica) => groups.Find(group)!.Configuration.Contains(new ReplicaId(replica));

    private string MembersOf(string group) => string.Join(", ", groups.Find(group)!.Configuration.Members.Select(static member => member.Id));

    private static string Quoted(string? text) => text is null ? "missing" : $"\"{text}\"";
}
