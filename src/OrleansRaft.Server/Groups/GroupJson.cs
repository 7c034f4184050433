using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

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

    private void WriteGroup(Utf8JsonWriter json, GroupView group)
    {
        json.WriteStartObject();
        json.WriteString("group"u8, group.Group);
        WriteNumber(json, "leader", group.Leader?.Value);
        json.WriteNumber("term"u8, group.Term.Value);
        WriteConfiguration(json, group.Configuration);
        json.WriteStartArray("skipped"u8);
        foreach (var entry in group.Skipped.Indexes)
        {
            json.WriteNumberValue(entry.Value);
        }

        json.WriteEndArray();
        json.WriteStartArray("replicas"u8);
        foreach (var replica in group.Replicas)
        {
            WriteReplica(json, replica);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteConfiguration(Utf8JsonWriter json, Configuration configuration)
    {
        json.WriteStartObject("configuration"u8);
        json.WriteNumber("version"u8, configuration.Version.Value);
        WriteReplicas(json, "voters", configuration.Voters);
        WriteReplicas(json, "outgoingVoters", configuration.OutgoingVoters);
        WriteReplicas(json, "learners", configuration.Learners);
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
    private void WriteReplica(Utf8JsonWriter json, ReplicaView replica)
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
        WriteNumber(json, "haltedAt", replica.Snapshot?.HaltedAt?.Index.Value);
        json.WriteString("haltCause"u8, replica.Snapshot?.HaltCause);
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
