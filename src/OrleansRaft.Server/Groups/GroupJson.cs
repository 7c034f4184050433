using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Groups;

/// <summary>Writes groups and their replicas as JSON.</summary>
/// <param name="options">Tells how long a tick is.</param>
internal sealed class GroupJson(IOptions<RaftOptions> options)
{
    private readonly long tickMilliseconds = (long)options.Value.TickInterval.TotalMilliseconds;

    /// <summary>Writes a page of groups.</summary>
    public void WritePage(HttpResponse response, GroupPage page)
    {
        using var json = JsonAnswer.Start(response);
        json.WriteStartObject();
        json.WriteStartArray("groups"u8);
        foreach (var group in page.Groups)
        {
            WriteGroup(json, group);
        }

        json.WriteEndArray();
        json.WriteString("next"u8, page.Next);
        json.WriteEndObject();
    }

    /// <summary>Writes one group.</summary>
    public void WriteGroup(HttpResponse response, GroupView group)
    {
        using var json = JsonAnswer.Start(response);
        WriteGroup(json, group);
    }

    /// <summary>Writes what became of a comparison.</summary>
    public static void WriteComparison(Utf8JsonWriter json, GroupComparison comparison)
    {
        json.WriteString("group"u8, comparison.Group);
        json.WriteNumber("term"u8, comparison.Entry.Term.Value);
        json.WriteNumber("index"u8, comparison.Entry.Index.Value);
        json.WriteString("verdict"u8, VerdictOf(comparison.Verdict));
        json.WriteString("detail"u8, comparison.Detail);
        json.WriteStartArray("replicas"u8);
        foreach (var replica in comparison.Replicas)
        {
            json.WriteStartObject();
            json.WriteNumber("replica"u8, replica.Replica.Value);
            json.WriteString("silo"u8, replica.Silo);
            json.WriteBoolean("voter"u8, replica.IsVoter);
            WriteNumber(json, "digestIndex", replica.Digest is null ? null : comparison.Entry.Index.Value);
            json.WriteString("digest"u8, replica.Digest?.ToString());
            json.WriteString("program"u8, replica.Digest?.Program.ToString("x16", CultureInfo.InvariantCulture));
            if (replica.IsEqual is { } isEqual)
            {
                json.WriteBoolean("equal"u8, isEqual);
            }
            else
            {
                json.WriteNull("equal"u8);
            }

            json.WriteString("problem"u8, replica.Problem.Length == 0 ? null : replica.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string VerdictOf(ComparisonVerdict verdict) => verdict switch
    {
        ComparisonVerdict.Equal => "equal",
        ComparisonVerdict.Diverged => "diverged",
        ComparisonVerdict.NoMajority => "no-majority",
        ComparisonVerdict.Undecided => "undecided",
        _ => "incomplete",
    };

    private void WriteGroup(Utf8JsonWriter json, GroupView group)
    {
        json.WriteStartObject();
        json.WriteString("group"u8, group.Group);
        WriteNumber(json, "leader", group.Leader?.Value);
        json.WriteNumber("term"u8, group.Term.Value);
        WriteConfiguration(json, group.Configuration);
        json.WriteNumber("initialVoters"u8, group.InitialVoters);
        WriteRecovery(json, group.Recovery);
        json.WriteNumber("machineVersion"u8, group.MachineVersion);
        json.WriteStartArray("skipped"u8);
        foreach (var entry in group.Skipped.Indexes)
        {
            json.WriteNumberValue(entry.Value);
        }

        json.WriteEndArray();
        json.WriteStartArray("replicas"u8);
        foreach (var replica in group.Replicas)
        {
            WriteReplica(json, replica, TransferTo(replica, group));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>
    /// The snapshot that passes to a replica: as its leader knows, since a new member may not be reached otherwise, or as the replica says itself.
    /// </summary>
    private static SnapshotTransfer? TransferTo(ReplicaView replica, GroupView group) =>
        group.Replicas.FirstOrDefault(other => other.Replica == group.Leader)?.Snapshot?.Status.Progress
            .FirstOrDefault(progress => progress.Replica == replica.Replica)?.Transfer
        ?? replica.Snapshot?.Status.Receiving;

    private static void WriteConfiguration(Utf8JsonWriter json, Configuration configuration)
    {
        json.WriteStartObject("configuration"u8);
        json.WriteNumber("version"u8, configuration.Version.Value);
        WriteReplicas(json, "voters", configuration.Voters);
        WriteReplicas(json, "outgoingVoters", configuration.OutgoingVoters);
        WriteReplicas(json, "learners", configuration.Learners);
        json.WriteEndObject();
    }

    /// <summary>Only of a group that lost its majority.</summary>
    private static void WriteRecovery(Utf8JsonWriter json, GroupRecovery? recovery)
    {
        if (recovery is null)
        {
            return;
        }

        json.WriteStartObject("recovery"u8);
        json.WriteNumber("incarnation"u8, recovery.Incarnation);
        json.WriteNumber("survivor"u8, recovery.Survivor);
        json.WriteEndObject();
    }

    private static void WriteReplicas(Utf8JsonWriter json, string name, ImmutableArray<ReplicaId> replicas)
    {
        json.WriteStartArray(name);
        foreach (var replica in replicas)
        {
            json.WriteNumberValue(replica.Value);
        }

        json.WriteEndArray();
    }

    /// <summary>A replica that did not answer has nulls where its own words would be: zeros would look like an empty log.</summary>
    private void WriteReplica(Utf8JsonWriter json, ReplicaView replica, SnapshotTransfer? transfer)
    {
        var status = replica.Snapshot?.Status;
        json.WriteStartObject();
        json.WriteNumber("replica"u8, replica.Replica.Value);
        json.WriteString("silo"u8, replica.Silo);
        json.WriteString("role"u8, RoleOf(status));
        WriteNumber(json, "term", status?.HardState.CurrentTerm.Value);
        WriteNumber(json, "lastIndex", status?.LastEntry.Index.Value);
        WriteNumber(json, "commitIndex", status?.HardState.CommitIndex.Value);
        WriteNumber(json, "appliedIndex", status?.AppliedIndex.Value);
        json.WriteString("digest"u8, replica.Snapshot?.Digest);
        WriteNumber(json, "digestIndex", replica.Snapshot is { Digest: not null } digested ? digested.DigestIndex.Value : null);
        WriteNumber(
            json,
            "lastContactMilliseconds",
            status is null or { Role: RaftRole.Leader } ? null : status.TicksSinceLeaderContact * tickMilliseconds);
        WriteNumber(json, "stateBytes", replica.Snapshot?.StateBytes);
        WriteNumber(json, "stateKeys", replica.Snapshot?.StateKeys);
        WriteNumber(json, "snapshotBytes", status?.Snapshot.SizeBytes);
        WriteNumber(json, "snapshotAgeMilliseconds", (long?)replica.Snapshot?.SnapshotAge?.TotalMilliseconds);
        WriteNumber(json, "transferredBytes", transfer?.Bytes);
        WriteNumber(json, "transferBytes", transfer?.SizeBytes);
        WriteNumber(json, "haltedAt", replica.Snapshot?.HaltedAt?.Index.Value);
        json.WriteString("haltCause"u8, replica.Snapshot?.HaltCause);
        WriteNumber(json, "oldestVersion", replica.Snapshot?.MachineVersions.Oldest);
        WriteNumber(json, "newestVersion", replica.Snapshot?.MachineVersions.Newest);
        json.WriteBoolean("versionBehind"u8, replica.Snapshot is { IsVersionBehind: true });
        if (status is null)
        {
            json.WriteString("problem"u8, replica.Problem);
        }

        json.WriteEndObject();
    }

    private static string RoleOf(RaftStatus? status) => status?.Role switch
    {
        null => "unreachable",
        RaftRole.Leader => "leader",
        RaftRole.Candidate => "candidate",
        RaftRole.PreCandidate => "pre-candidate",
        _ => status.Configuration.Learners.Contains(status.Id) ? "learner" : "follower",
    };

    private static void WriteNumber(Utf8JsonWriter json, string name, long? number)
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
}
