using System.Globalization;
using System.Text.Json;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Cli.Commands;

/// <summary>The live table of <c>oraft watch</c>: every group with its leader, those without one and the busy ones first.</summary>
internal sealed class WatchBoard
{
    private const int RowsMin = 4;
    private const int RowsMax = 20;

    // The headline, the table's head and its blank lines, four lines of what happened, and the foot.
    private const int RowsBesideGroups = 10;
    private const int LinesMax = 8;

    private readonly SortedDictionary<string, WatchRow> rows = new(StringComparer.Ordinal);
    private readonly Queue<TimedLine> lines = [];
    private string headline = "waiting for the first events";

    /// <summary>Takes an event in.</summary>
    /// <returns>Whether the table should be drawn again.</returns>
    public bool Take(JsonElement happened)
    {
        switch (happened.GetProperty("type").GetString())
        {
            case "snapshot":
                happened.GetProperty("groups").EnumerateArray().ToList().ForEach(TakeGroup);
                break;
            case "role":
                TakeRole(happened);
                break;
            case "stats":
                TakeStats(happened);
                return true;
        }

        if (happened.GetProperty("type").GetString() is not ("message" or "commit" or "snapshot") && WatchText.Of(happened) is { } line)
        {
            lines.Enqueue(line);
            if (lines.Count > LinesMax)
            {
                lines.Dequeue();
            }

            return true;
        }

        return false;
    }

    /// <summary>What the screen shows of it.</summary>
    /// <param name="height">How many rows the screen has: the table leaves some for what happens.</param>
    public ScreenFrame Compose(int height)
    {
        var shown = Math.Clamp(height - RowsBesideGroups, RowsMin, RowsMax);
        var table = AnswerWriter.NewTable("GROUP", "LEADER", "#TERM", "#COMMITS/S", "#LAG");
        foreach (var (group, row) in rows
            .OrderBy(row => row.Value.Leader is not null)
            .ThenByDescending(row => row.Value.CommitsPerSecond)
            .Take(shown))
        {
            table.AddRow(
                Markup.Escape(group),
                row.Leader is { } leader ? leader.ToString(CultureInfo.InvariantCulture) : "[red]none[/]",
                row.Term.ToString(CultureInfo.InvariantCulture),
                row.CommitsPerSecond.ToString("0", CultureInfo.InvariantCulture),
                row.Lag.ToString(CultureInfo.InvariantCulture));
        }

        var more = rows.Count > shown ? $"and {rows.Count - shown} more groups; " : "";
        return new ScreenFrame([new Text(headline), table], [.. lines], new Text($"{more}Ctrl+C ends"));
    }

    private void TakeGroup(JsonElement group) => rows[group.GetProperty("group").GetString()!] = new WatchRow
    {
        Leader = group.GetProperty("leader") is { ValueKind: JsonValueKind.Number } leader ? leader.GetInt64() : null,
        Term = group.GetProperty("term").GetInt64(),
    };

    private void TakeRole(JsonElement role)
    {
        if (!rows.TryGetValue(role.GetProperty("group").GetString()!, out var row) || role.GetProperty("term").GetInt64() < row.Term)
        {
            return;
        }

        var replica = role.GetProperty("replica").GetInt64();
        var isLeader = role.GetProperty("role").GetString() == "leader";
        row.Leader = isLeader ? replica : row.Leader == replica || role.GetProperty("term").GetInt64() > row.Term ? null : row.Leader;
        row.Term = role.GetProperty("term").GetInt64();
    }

    private void TakeStats(JsonElement stats)
    {
        headline = WatchText.OfStats(stats);
        foreach (var row in rows.Values)
        {
            (row.CommitsPerSecond, row.Lag) = (0, 0);
        }

        foreach (var group in stats.GetProperty("groups").EnumerateArray())
        {
            if (rows.TryGetValue(group.GetProperty("group").GetString()!, out var row))
            {
                (row.CommitsPerSecond, row.Lag) = (group.GetProperty("commitsPerSecond").GetDouble(), group.GetProperty("lag").GetInt64());
            }
        }
    }

    private sealed class WatchRow
    {
        public long? Leader { get; set; }

        public long Term { get; set; }

        public double CommitsPerSecond { get; set; }

        public long Lag { get; set; }
    }
}
