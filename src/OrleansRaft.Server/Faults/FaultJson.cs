using System.Text.Json;
using OrleansRaft.Grains.Faults;

namespace OrleansRaft.Server.Faults;

/// <summary>Writes faults as JSON.</summary>
internal static class FaultJson
{
    /// <summary>Writes one fault.</summary>
    public static void Write(Utf8JsonWriter json, Fault fault, TimeSpan healsIn)
    {
        json.WriteStartObject();
        json.WriteString("fault"u8, fault.Id);
        json.WriteString("kind"u8, FaultBody.NameOf(fault.Kind));
        json.WriteString("group"u8, fault.Group);
        WriteNumber(json, "replica", fault.Replica);
        WriteList(json, "replicas", fault.Replicas, static (json, replica) => json.WriteNumberValue(replica));
        json.WriteString("silo"u8, fault.Silo);
        WriteList(json, "silos", fault.Silos, static (json, silo) => json.WriteStringValue(silo));
        json.WriteString("from"u8, fault.From);
        json.WriteString("to"u8, fault.To);
        json.WriteBoolean("oneWay"u8, fault.IsOneWay);
        WriteNumber(json, "milliseconds", fault.Milliseconds);
        json.WriteNumber("seconds"u8, fault.Seconds);
        json.WriteNumber("beganAt"u8, fault.BeganAt);
        json.WriteNumber("healsInMilliseconds"u8, (long)healsIn.TotalMilliseconds);
        json.WriteString("text"u8, FaultText.Sentence(fault));
        json.WriteString("command"u8, FaultText.Command(fault));
        json.WriteEndObject();
    }

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

    private static void WriteList<T>(Utf8JsonWriter json, string name, T[]? items, Action<Utf8JsonWriter, T> write)
    {
        if (items is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (var item in items)
        {
            write(json, item);
        }

        json.WriteEndArray();
    }
}
