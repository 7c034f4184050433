namespace OrleansRaft.Cli.Client;

/// <summary>A counter as the API describes it.</summary>
internal sealed record CounterAnswer(string Tenant, string Counter, long Value, string Group, long Index, long Term);

/// <summary>A group as the API describes it.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Leader">The replica that leads, if one does.</param>
/// <param name="Term">The newest term any replica knows.</param>
/// <param name="Replicas">What each replica says of itself.</param>
/// <param name="Configuration">Who belongs to it; absent from servers that do not tell.</param>
/// <param name="Skipped">The entries that are never applied; absent from servers that do not tell.</param>
/// <param name="MachineVersion">The version at which its state machine works; absent from servers that do not tell.</param>
/// <param name="InitialVoters">How many voters it began with; absent from servers that do not tell.</param>
/// <param name="Recovery">How it went on after it had lost its majority; absent where it never has.</param>
internal sealed record GroupAnswer(
    string Group,
    long? Leader,
    long Term,
    IReadOnlyList<ReplicaAnswer> Replicas,
    ConfigurationAnswer? Configuration = null,
    IReadOnlyList<long>? Skipped = null,
    int? MachineVersion = null,
    int? InitialVoters = null,
    RecoveryAnswer? Recovery = null)
{
    /// <summary>The leader's own description.</summary>
    public ReplicaAnswer? LeaderReplica => Replicas.FirstOrDefault(replica => replica.Replica == Leader);

    /// <summary>The highest index that any replica knows to be committed.</summary>
    public long CommitIndex => Replicas.Max(replica => replica.CommitIndex) ?? 0;
}

/// <summary>How a group went on after it had lost its majority, as the API describes it.</summary>
/// <param name="Incarnation">How often that has happened to it.</param>
/// <param name="Survivor">The replica that it went on from.</param>
internal sealed record RecoveryAnswer(int Incarnation, long Survivor);

/// <summary>The members of a group as the API describes them.</summary>
/// <param name="Version">Their version; a change can be made conditional on it.</param>
/// <param name="Voters">Who votes.</param>
/// <param name="OutgoingVoters">Who voted before, while the group passes from one set of voters to another.</param>
/// <param name="Learners">Who receives the log without a vote.</param>
internal sealed record ConfigurationAnswer(
    long Version, IReadOnlyList<long> Voters, IReadOnlyList<long> OutgoingVoters, IReadOnlyList<long> Learners);

/// <summary>A replica as the API describes it; one that did not answer has nulls where its own words would be, and says why.</summary>
internal sealed record ReplicaAnswer(
    long Replica,
    string? Silo,
    string? Role,
    long? Term,
    long? LastIndex,
    long? CommitIndex,
    long? AppliedIndex,
    string? Digest,
    long? LastContactMilliseconds,
    string? Problem,
    long? HaltedAt = null,
    string? HaltCause = null,
    long? DigestIndex = null,
    int? OldestVersion = null,
    int? NewestVersion = null,
    bool VersionBehind = false,
    long? StateBytes = null,
    long? StateKeys = null,
    long? SnapshotBytes = null,
    long? SnapshotAgeMilliseconds = null,
    long? TransferredBytes = null,
    long? TransferBytes = null);

/// <summary>What came of a comparison of a group's replicas, as the API describes it.</summary>
internal sealed record ComparisonAnswer(string Group, long Index, string Verdict, string Detail, IReadOnlyList<ComparedReplicaAnswer> Replicas);

/// <summary>What one replica made of its state at a comparison, as the API describes it.</summary>
internal sealed record ComparedReplicaAnswer(
    long Replica, string? Silo, long? DigestIndex, string? Digest, string? Program, bool? Equal, string? Problem);

/// <summary>Something that is wrong, as the API describes it.</summary>
/// <param name="Alarm">What kind.</param>
/// <param name="Group">The group that suffers, if it is one group's.</param>
/// <param name="Silo">The silo that suffers, if it is one silo's.</param>
/// <param name="Since">Since when.</param>
/// <param name="Detail">What is wrong, with what.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record AlarmAnswer(string Alarm, string? Group, string? Silo, DateTimeOffset Since, string Detail, string Remedy);

/// <summary>The alarms of a cluster as the API describes them.</summary>
internal sealed record AlarmList(IReadOnlyList<AlarmAnswer> Alarms);

/// <summary>A problem document (RFC 9457) with this API's own fields.</summary>
/// <param name="Type">A stable name; the last segment counts.</param>
/// <param name="Title">What kind of problem.</param>
/// <param name="Detail">What happened, to what.</param>
/// <param name="Definite">Whether the request certainly changed nothing; absent from answers that other programs gave.</param>
internal sealed record ProblemDocument(string? Type, string? Title, string? Detail, bool? Definite)
{
    /// <summary>The type without the address before it.</summary>
    public string Name => Type is null ? "" : Type[(Type.LastIndexOfAny(['/', ':', '#']) + 1)..];
}

/// <summary>At which feature level the cluster works, as the API describes it.</summary>
/// <param name="Level">The level in force.</param>
/// <param name="Reachable">The latest level that all silos support.</param>
/// <param name="Automatic">Whether the cluster goes over to that by itself.</param>
/// <param name="Silos">The silos, absent ones included.</param>
internal sealed record LevelsAnswer(int Level, int Reachable, bool Automatic, IReadOnlyList<SiloLevelAnswer> Silos);

/// <summary>What one silo supports, as the API describes it.</summary>
internal sealed record SiloLevelAnswer(string Silo, int Newest, bool Active, string? Program);
