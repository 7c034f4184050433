using System.Text.Json;
using OrleansRaft.Grains.Events;

namespace OrleansRaft.Server.Events;

/// <summary>Writes what the cluster does in a second.</summary>
internal static class StatsJson
{
    /// <summary>Writes the fields of a <c>stats</c> event.</summary>
    public static void WriteFields(Utf8JsonWriter json, StatsEvent stats)
    {
        json.WriteNumber("seconds"u8, Rounded(stats.Seconds));
        json.WriteNumber("commitsPerSecond"u8, Rounded(stats.CommitsPerSecond));
        json.WriteStartObject("proposals"u8);
        json.WriteNumber("perSecond"u8, Rounded(stats.ProposalsPerSecond));
        WriteMilliseconds(json, "p50Milliseconds", stats.P50Milliseconds);
        WriteMilliseconds(json, "p99Milliseconds", stats.P99Milliseconds);
        json.WriteEndObject();
        json.WriteNumber("leaderless"u8, stats.Leaderless);
        WriteSilos(json, stats.Silos);
        WriteGroups(json, stats.Groups);
        json.WriteNumber("groupsLeftOut"u8, stats.GroupsLeftOut);
    }

    private static void WriteSilos(Utf8JsonWriter json, IReadOnlyList<SiloActivity> silos)
    {
        json.WriteStartArray("silos"u8);
        foreach (var silo in silos)
        {
            json.WriteStartObject();
            json.WriteString("silo"u8, silo.Silo);
            json.WriteNumber("replicas"u8, silo.Replicas);
            json.WriteNumber("leaders"u8, silo.Leaders);
            json.WriteNumber("commitsPerSecond"u8, Rounded(silo.CommitsPerSecond));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteGroups(Utf8JsonWriter json, IReadOnlyList<GroupStats> groups)
    {
        json.WriteStartArray("groups"u8);
        foreach (var group in groups)
        {
            json.WriteStartObject();
            json.WriteString("group"u8, group.Group);
            json.WriteNumber("commitsPerSecond"u8, Rounded(group.CommitsPerSecond));
            json.WriteNumber("lag"u8, group.Lag);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteMilliseconds(Utf8JsonWriter json, string name, double? milliseconds)
    {
        if (milliseconds is { } value)
        {
            json.WriteNumber(name, Math.Round(value, 2));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static double Rounded(double number) => Math.Round(number, 2);
}
