using System.Globalization;
using System.Text.Json;
using OrleansRaft.Cli.Output;

namespace OrleansRaft.Cli.Commands;

/// <summary>Events as lines for people.</summary>
internal static class WatchText
{
    /// <summary>The line of an event; null for one that is not worth a line.</summary>
    public static TimedLine? Of(JsonElement happened)
    {
        var what = happened.GetProperty("type").GetString() switch
        {
            "snapshot" => !happened.GetProperty("more").GetBoolean()
                ? $"following {happened.GetProperty("silos").GetArrayLength()} silos" : null,
            "reset" => Text(happened, "detail"),
            "role" => OfRole(happened),
            "silo" => $"silo {Text(happened, "name")} is {Text(happened, "status")}",
            "lane" =>
                $"silo {Text(happened, "to")} acknowledges {(Text(happened, "state") == "broken" ? "no messages" : "messages again")} from "
                    + $"{Text(happened, "from")}",
            "membership" =>
                $"{Replica(happened)} takes for voters {string.Join(", ", happened.GetProperty("voters").EnumerateArray())} (version "
                    + $"{Number(happened, "version")})",
            "snapshot-taken" => $"{Replica(happened)} took a snapshot up to {Number(happened, "index")}",
            "entry-skipped" => $"{Replica(happened)} passes over entry {Number(happened, "index")}{Named(happened)}, which an operator skipped",
            "version-raised" =>
                $"{Replica(happened)} works at version {Number(happened, "version")} of its state machine from {Number(happened, "index")} on",
            "snapshot-installed" => $"{Replica(happened)} installed its leader's snapshot up to {Number(happened, "index")}",
            "fault" => $"fault {Text(happened, "state")}: {Text(happened.GetProperty("fault"), "text")}",
            "message" => OfMessage(happened),
            "stats" => OfStats(happened),
            "sampled" => $"{Number(happened, "leftOut")} more {Text(happened, "of")}s are not shown",
            _ => null,
        };
        return what is null
            ? null
            : new TimedLine(
                DateTimeOffset.FromUnixTimeMilliseconds(happened.GetProperty("time").GetInt64())
                    .ToLocalTime()
                    .ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture),
                what);
    }

    /// <summary>The cluster's second in one sentence.</summary>
    public static string OfStats(JsonElement stats)
    {
        var proposals = stats.GetProperty("proposals");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{stats.GetProperty("commitsPerSecond").GetDouble():0} commits/s, p50 {Milliseconds(proposals, "p50Milliseconds")}, p99 "
                + $"{Milliseconds(proposals, "p99Milliseconds")}, {Number(stats, "leaderless")} groups without a leader");
    }

    private static string Milliseconds(JsonElement json, string name) =>
        json.GetProperty(name) is { ValueKind: JsonValueKind.Number } number
            ? string.Create(CultureInfo.InvariantCulture, $"{number.GetDouble():0.0} ms")
            : "-";

    private static string OfRole(JsonElement role) => Text(role, "role") == "leader" && Number(role, "votes") is > 0 and var votes
        ? $"{Replica(role)} became leader in term {Number(role, "term")} with {votes} of {Number(role, "voters")} votes"
        : $"{Replica(role)} is {Text(role, "role")} in term {Number(role, "term")}";

    private static string OfMessage(JsonElement message) =>
        $"{Text(message, "group")}: {Number(message, "from")} -> {Number(message, "to")} {Text(message, "kind")} term {Number(message, "term")} "
            + $"index {Number(message, "index")}"
        + (Number(message, "entries") is > 0 and var entries ? $", {entries} entries" : "")
        + (message.GetProperty("rejected").GetBoolean() ? ", refused" : "")
        + (message.GetProperty("lost").GetBoolean() ? ", lost" : "");

    /// <summary>What an entry is, in words, where the silo could say.</summary>
    private static string Named(JsonElement json) => Text(json, "text") is { } text ? $" ({text})" : "";

    private static string Replica(JsonElement json) => $"{Text(json, "group")}/{Number(json, "replica")}";

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;
}
