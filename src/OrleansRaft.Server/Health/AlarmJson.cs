using Microsoft.AspNetCore.Http;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Health;

/// <summary>Writes the cluster's alarms as JSON.</summary>
internal static class AlarmJson
{
    /// <summary>Writes all of them.</summary>
    public static void Write(HttpResponse response, IReadOnlyList<Alarm> alarms)
    {
        using var json = JsonAnswer.Start(response);
        json.WriteStartObject();
        json.WriteStartArray("alarms"u8);
        foreach (var alarm in alarms)
        {
            json.WriteStartObject();
            json.WriteString("alarm"u8, alarm.Name);
            json.WriteString("group"u8, alarm.Group);
            json.WriteString("silo"u8, alarm.Silo);
            json.WriteString("since"u8, alarm.Since.UtcDateTime);
            json.WriteString("detail"u8, alarm.Detail);
            json.WriteString("remedy"u8, alarm.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
