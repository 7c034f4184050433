using System.Text.RegularExpressions;
using OrleansRaft.Cli.Output;
using Spectre.Console;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>What is shown to people fits the terminal that they have.</summary>
public sealed partial class TerminalSizeTests
{
    private static readonly string[] Columns =
        [
            "REPLICA",
            "SILO",
            "IS LEADER",
            "IS LEARNER",
            "#TERM",
            "#INDEX",
            "#COMMIT",
            "#APPLIED",
            "TRAILS LEADER BY",
            "LAST CONTACT",
            "DIGEST",
            "~STATE",
        ];

    [Theory]
    [InlineData(80, 24)]
    [InlineData(79, 24)]
    [InlineData(60, 16)]
    [InlineData(40, 10)]
    [InlineData(20, 4)]
    [InlineData(200, 60)]
    public void A_frame_has_no_more_lines_and_columns_than_the_terminal_and_always_its_foot(int width, int height)
    {
        var lines = Frame(groups: 4, happened: 12).Fit(width, height);

        lines.Count.ShouldBeLessThanOrEqualTo(height);
        lines.ShouldAllBe(line => Visible(line).Length <= width);
        string.Concat(lines.TakeLast(2).Select(Visible)).ShouldContain("q quit");
    }

    [Fact]
    public void A_frame_of_80_by_24_shows_the_whole_table_and_the_latest_of_what_happened()
    {
        var lines = Frame(groups: 4, happened: 40).Fit(79, 24).Select(Visible).ToList();

        lines.Count.ShouldBe(24);
        lines.ShouldContain(line => line.Contains("counters-0", StringComparison.Ordinal));
        lines.ShouldContain(line => line.Contains("counters-3", StringComparison.Ordinal));
        lines[^2].ShouldContain("event 39");
        lines.ShouldAllBe(line => !line.Contains('…', StringComparison.Ordinal));
    }

    [Fact]
    public void Text_that_is_too_long_is_wrapped_beside_its_time()
    {
        var lines = RenderedLines.Of([new TimedLine(" 12.7 s", "try this or that in another terminal")], 30);

        lines.ShouldBe([" 12.7 s  try this or that in", "         another terminal"]);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(60)]
    [InlineData(160)]
    public void A_table_that_is_too_wide_becomes_several_that_lose_nothing(int width)
    {
        using var output = new StringWriter();
        var table = AnswerWriter.NewTable(Columns);
        string[][] rows =
        [
            ["1", "silo-1", "true", "false", "12", "1048576", "1048576", "1048576", "-", "-", "0123456789ab", "leader"],
            ["2", "silo-2", "false", "false", "12", "1048573", "1048570", "1048570", "3 entries", "120 ms ago", "ba9876543210", "follower"],
        ];
        Array.ForEach(rows, row => table.AddRow(row));

        new AnswerWriter(output, json: false, width).WriteTable(table);

        var lines = output.ToString().Split('\n');
        lines.ShouldAllBe(line => Visible(line).TrimEnd().Length <= width);
        foreach (var cell in rows.SelectMany(row => row).Concat(Columns.Select(column => column.TrimStart('#', '~'))))
        {
            lines.ShouldContain(line => line.Contains(cell, StringComparison.Ordinal));
        }

        lines.Count(line => line.TrimStart().StartsWith("2 ", StringComparison.Ordinal)).ShouldBe(
            width == 160 ? 1 : lines.Count(line => line.Contains("REPLICA", StringComparison.Ordinal)));
    }

    [Fact]
    public void Without_a_terminal_a_table_is_as_wide_as_its_text()
    {
        using var output = new StringWriter();
        var table = AnswerWriter.NewTable("GROUP", "~WHAT");
        table.AddRow("counters-0", new string('x', 300));

        new AnswerWriter(output, json: false, width: null).WriteTable(table);

        output.ToString().ShouldContain(new string('x', 300));
    }

    private static ScreenFrame Frame(int groups, int happened)
    {
        var table = AnswerWriter.NewTable("GROUP", "LEADER", "SILO", "#TERM", "#COMMITTED", "#COMMITS/S", "#LAG");
        for (var group = 0; group < groups; group++)
        {
            table.AddRow($"counters-{group}", "replica 1", "silo-1", "2", "123456", "1234", "0");
        }

        return new ScreenFrame(
            [table, new Markup("[green]silo-1[/]   silo-2   silo-3   http://127.0.0.1:5080/"), new Text("2156 increments, p50 6.3 ms, p99 32.0 ms")],
            [
                .. Enumerable.Range(0, happened).Select(
                    number => new TimedLine($"{number,5}.0 s", $"event {number}: replica 3 became leader of counters-0 in term 1")),
            ],
            new Markup("[bold]k[/] kill the leader's silo   [bold]p[/] partition it   [bold]h[/] heal   [bold]q[/] quit"));
    }

    private static string Visible(string line) => EscapeSequence().Replace(line, "");

    [GeneratedRegex("\u001b\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex EscapeSequence();
}
