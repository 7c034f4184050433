using System.Text.Json;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Server.Faults;

namespace OrleansRaft.Server.Events;

/// <summary>Writes the cluster at one moment.</summary>
internal static class PictureJson
{
    /// <summary>Writes the fields of a <c>snapshot</c> event.</summary>
    /// <param name="json">The writer.</param>
    /// <param name="silos">The active silos.</param>
    /// <param name="faultsEnabled">Whether faults are possible.</param>
    /// <param name="faults">Those in force.</param>
    /// <param name="focus">The group in focus; null for none.</param>
    /// <param name="groups">The groups of this part.</param>
    /// <param name="more">Whether more parts follow.</param>
    public static void WriteFields(
        Utf8JsonWriter json,
        IReadOnlyList<string> silos,
        bool faultsEnabled,
        IReadOnlyList<FaultState> faults,
        string? focus,
        IEnumerable<GroupPicture> groups,
        bool more)
    {
        json.WriteStartArray("silos"u8);
        foreach (var silo in silos)
        {
            json.WriteStringValue(silo);
        }

        json.WriteEndArray();
        json.WriteBoolean("faultsEnabled"u8, faultsEnabled);
        json.WriteStartArray("faults"u8);
        foreach (var state in faults)
        {
            FaultJson.Write(json, state.Fault, state.HealsIn);
        }

        json.WriteEndArray();
        json.WriteString("focus"u8, focus);
        json.WriteStartArray("groups"u8);
        foreach (var group in groups)
        {
            WriteGroup(json, group);
        }

        json.WriteEndArray();
        json.WriteBoolean("more"u8, more);
    }

    private static void WriteGroup(Utf8JsonWriter json, GroupPicture group)
    {
        json.WriteStartObject();
        json.WriteString("group"u8, group.Group);
        EventJson.WriteNumberOrNull(json, "leader", group.Leader);
        json.WriteNumber("term"u8, group.Term);
        json.WriteStartArray("replicas"u8);
        foreach (var replica in group.Replicas)
        {
            json.WriteStartObject();
            json.WriteNumber("replica"u8, replica.Replica);
            json.WriteString("silo"u8, replica.Silo);
            json.WriteString("role"u8, EventJson.WordOf(replica.Role, replica.IsLearner));
            json.WriteNumber("term"u8, replica.Term);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
