using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansRaft.Simulation.Faults;
using OrleansRaft.Simulation.Running;

namespace OrleansRaft.Simulation.Cli;

/// <summary>One run as one line of JSON.</summary>
internal static class ResultLine
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="result">The run.</param>
    /// <param name="shortest">If it failed, the run of the shortest schedule that fails too.</param>
    public static string Of(SimulationResult result, SimulationResult? shortest)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("seed", result.Plan.Seed);
            json.WriteBoolean("ok", result.IsOk);
            json.WriteNumber("steps", result.Steps);
            json.WriteNumber("ops", result.Operations);
            json.WriteStartObject("faults");
            foreach (var (kind, count) in result.Faults)
            {
                json.WriteNumber(NameOf(kind), count);
            }

            json.WriteEndObject();
            json.WriteString("hash", result.Hash.ToString("x16", null));
            json.WriteNumber("seconds", Math.Round(result.VirtualTime.TotalSeconds, 3));
            if (shortest is { Violation: { } violation })
            {
                json.WriteString("property", violation.Property);
                json.WriteString("detail", violation.Detail);
                json.WriteNumber("at", Math.Round(violation.At.TotalSeconds, 6));
                json.WriteStartArray("story");
                foreach (var line in StoryOf(shortest))
                {
                    json.WriteStringValue(line);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>The name of a kind of fault in the line.</summary>
    public static string NameOf(FaultKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());

    private static IEnumerable<string> StoryOf(SimulationResult shortest) =>
    [
        shortest.Plan.ToString(),
        .. shortest.Plan.Faults.Select(fault => fault.ToString()),
        .. shortest.Story.TakeLast(40),
        $"{shortest.Violation!.At.TotalSeconds,9:0.0000}s violated: {shortest.Violation.Property}",
    ];
}
