using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using OrleansRaft.Server.Description;

namespace OrleansRaft.Server.Groups;

/// <summary>The shapes of groups and their logs. The code that writes them is by hand; tests hold the two together.</summary>
internal static class GroupSchemas
{
    private const JsonSchemaType OrNull = Shapes.OrNull;

    private static readonly ApiSchema Replica = new(nameof(Replica), static () =>
    {
        var schema = Shapes.Closed(
        [
            ("replica", Shapes.Number("Its id within the group, from 1.")),
            ("silo", Shapes.Text("The name of the silo that hosts it; null when none is known.", OrNull)),
            ("role", Shapes.Choice("What it is doing.", "leader", "follower", "learner", "candidate", "pre-candidate", "unreachable")),
            ("term", Shapes.Number("The latest term it has seen.", OrNull)),
            ("lastIndex", Shapes.Number("The end of its log.", OrNull)),
            ("commitIndex", Shapes.Number("The last entry it knows to be committed.", OrNull)),
            ("appliedIndex", Shapes.Number("The last entry that its state machine holds.", OrNull)),
            ("digest", Shapes.Text(
                "A digest of its whole state at digestIndex, as it made it when the group's states were last compared. Null where it made none, "
                + "which proves nothing.",
                OrNull)),
            ("digestIndex", Shapes.Number(
                "The last entry in the state that the digest is of: replicas can be compared where it is the same. Null without a digest.", OrNull)),
            ("lastContactMilliseconds", Shapes.Number("How long ago it heard from its leader; null for the leader itself.", OrNull)),
            ("stateBytes", Shapes.Number("How many bytes the keys and values of its state have; null when its state machine does not say.", OrNull)),
            ("stateKeys", Shapes.Number("How many keys its state has; null when its state machine does not say.", OrNull)),
            ("snapshotBytes", Shapes.Number("How many bytes its newest snapshot has; 0 without one.", OrNull)),
            ("snapshotAgeMilliseconds", Shapes.Number(
                "How much of the group's time lies between its newest snapshot and what it has applied, and is applied again when it starts; null "
                + "without a snapshot.",
                OrNull)),
            ("transferredBytes", Shapes.Number("How many bytes it has of a snapshot that it is sent; null when it is sent none.", OrNull)),
            ("transferBytes", Shapes.Number("How many bytes that snapshot has; null when it is sent none.", OrNull)),
            ("haltedAt", Shapes.Number("The entry at which its state machine is halted; null when it is not, or not by an entry.", OrNull)),
            ("haltCause", Shapes.Text("Why its state machine is halted, or its program is behind; null when neither is so.", OrNull)),
            ("oldestVersion", Shapes.Number("The oldest version of the state machine that its program supports.", OrNull)),
            ("newestVersion", Shapes.Number("The newest version of the state machine that its program supports.", OrNull)),
            ("versionBehind", Shapes.Flag("Whether its program is too old for the version in force, or cannot read an entry: it serves nothing.")),
            ("problem", Shapes.Text("Only of a replica that did not answer: why.")),
        ]);
        schema.Required!.Remove("problem");
        return schema;
    });

    private static readonly ApiSchema Configuration = new(nameof(Configuration), static () => Shapes.Closed(
    [
        ("version", Shapes.Number("The log index of the entry that made it; changes of members can be conditional on it.")),
        ("voters", Numbers("The replicas that vote.")),
        ("outgoingVoters", Numbers(
            "While the group passes from one set of voters to another, the old ones, of which a majority is needed as well; else empty.")),
        ("learners", Numbers("Replicas that receive the log and have no vote.")),
    ]));

    private static readonly ApiSchema LogEntry = new(nameof(LogEntry), static () => Shapes.Closed(
    [
        ("index", Shapes.Number("Its place in the log.")),
        ("term", Shapes.Number("The term in which a leader made it.")),
        ("kind", Shapes.Choice("What it is.", "command", "configuration", "no-op", "session", "limits", "skip", "comparison", "raise")),
        ("timeMilliseconds", Shapes.Number("The group's time at its append.")),
        ("bodyBytes", Shapes.Number("The size of its body.")),
        ("key", Shapes.Text("Of a command, the key that chose the group; of a counter, tenant/counter.", OrNull)),
        ("requestId", Shapes.Text("Of a command with an idempotency key, the id it is remembered under.", OrNull)),
        ("text", Shapes.Text("A description for display. Programs must not parse it: the words may change.")),
    ]));

    private static readonly ApiSchema Recovery = new(nameof(Recovery), static () =>
    {
        var schema = Shapes.Closed(
        [
            ("incarnation", Shapes.Number("How often that has happened to it.")),
            ("survivor", Shapes.Number("The replica that it went on from; all others that it had then are lost for ever.")),
        ]);
        schema.Description = "Only of a group that lost its majority: how it went on.";
        return schema;
    });

    public static readonly ApiSchema Group = new(nameof(Group), static schemas =>
    {
        var schema = Shapes.Closed(
        [
            ("group", Shapes.Text("Its name.")),
            ("leader", Shapes.Number("The id of the replica that leads; null when none does.", OrNull)),
            ("term", Shapes.Number("The highest term that any replica tells.")),
            ("configuration", schemas.Reference(Configuration)),
            ("initialVoters", Shapes.Number("How many voters it began with.")),
            ("recovery", schemas.Reference(Recovery)),
            ("machineVersion", Shapes.Number("The version at which its state machine works.")),
            ("skipped", Shapes.List("The log indexes of entries that are never applied, by decision of an operator.", Shapes.Number("An index."))),
            ("replicas", schemas.ArrayOf(Replica)),
        ]);
        schema.Required!.Remove("recovery");
        return schema;
    });

    public static readonly ApiSchema GroupPage = new(
        nameof(GroupPage),
        static schemas => schemas.PageOf("groups", Group, Shapes.Text("The after of the next page; null on the last one.", OrNull)));

    private static readonly ApiSchema ComparedReplica = new(nameof(ComparedReplica), static () => Shapes.Closed(
    [
        ("replica", Shapes.Number("Its id within the group, from 1.")),
        ("silo", Shapes.Text("The name of the silo that hosts it; null when none is known.", OrNull)),
        ("voter", Shapes.Flag("Whether it has a vote.")),
        ("digestIndex", Shapes.Number("The last entry in the state that the digest is of. Null without a digest.", OrNull)),
        ("digest", Shapes.Text("A digest of its whole state. Null when it made none, which proves nothing.", OrNull)),
        ("program", Shapes.Text(
            "Tells the build of the state machine that it runs from others: of two of them, digests say nothing of each other.", OrNull)),
        ("equal", new OpenApiSchema
        {
            Type = JsonSchemaType.Boolean | OrNull,
            Description = "Whether it holds what a majority of the voters holds; null when that is not known.",
        }),
        ("problem", Shapes.Text("Why it made no digest.", OrNull)),
    ]));

    public static readonly ApiSchema DeletedReplicas = new(nameof(DeletedReplicas), static () => Shapes.Closed(
    [
        ("group", Shapes.Text("Which group.")),
        ("deleted", Numbers("The replicas of which there was something.")),
    ]));

    public static readonly ApiSchema Comparison = new(nameof(Comparison), static schemas => Shapes.Closed(
    [
        ("group", Shapes.Text("The group.")),
        ("term", Shapes.Number("The term of the entry at which states were compared.")),
        ("index", Shapes.Number("The log index of the entry at which states were compared.")),
        ("verdict", Shapes.Choice(
            "What the digests say. Only \"equal\" says that all replicas hold the same; \"incomplete\" says nothing of those without a digest.",
            "equal",
            "incomplete",
            "diverged",
            "no-majority",
            "undecided")),
        ("detail", Shapes.Text("The same in a sentence. Not for programs: the words may change.")),
        ("replicas", schemas.ArrayOf(ComparedReplica)),
    ]));

    public static readonly ApiSchema LeaderBody =
        new(nameof(LeaderBody), static () => Shapes.Body("replica", Shapes.Number("The voter that is to lead."), 2));

    public static readonly ApiSchema SkipBody = new(
        nameof(SkipBody),
        static () => Shapes.Body("entry", Shapes.Number("The log index of the entry at which the group's leader is halted."), 17));

    public static readonly ApiSchema VersionBody = new(
        nameof(VersionBody),
        static () => Shapes.Body("version", Shapes.Number("The later version of the state machine, which every member's program must support."), 2));

    public static readonly ApiSchema MembersBody = new(nameof(MembersBody), static () =>
    {
        var schema = Shapes.Closed(
        [
            ("replica", Shapes.Number(
                "The number of the replica that joins, at most 64 beyond the highest that was used; "
                + "the next that was never used is chosen without it.")),
            ("replaces", Shapes.Number("The voter whose place it takes once it has caught up.")),
            ("learner", Shapes.Flag("Whether it stays without a vote.")),
            ("silo", Shapes.Text("The silo whose local store is to hold it; only where silos have stores of their own.")),
            ("voters", Shapes.Number("Instead of all these: how many voters the group is to have, from 1 to 7.")),
            ("force", Shapes.Flag(
                "With voters, or of a removal: whether the group catalogue-0 may be left with fewer voters than it should have.")),
            ("version", Shapes.Number("The configuration's version for which the change is made; any without it.")),
        ]);
        schema.Required!.Clear();
        schema.Examples = [new JsonObject { ["replica"] = 4, ["version"] = 17 }];
        return schema;
    });

    public static readonly ApiSchema LogPage = new(nameof(LogPage), static schemas =>
    {
        var schema = schemas.PageOf("entries", LogEntry, Shapes.Number("The after of the next page; null when the log ends here.", OrNull));
        schema.Properties!["group"] = Shapes.Text("The group.");
        schema.Required!.Add("group");
        return schema;
    });

    private static OpenApiSchema Numbers(string description) => Shapes.List(description, Shapes.Number("A replica."));
}
