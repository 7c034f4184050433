using System.Globalization;
using System.Text.RegularExpressions;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Integration.Tests.Architecture;
using OrleansRaft.Server;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Limits;

namespace OrleansRaft.Integration.Tests.Pages;

/// <summary>Figures on pages are those that a program made, or that the code has.</summary>
public sealed partial class PageFigureTests
{
    private const double Rounding = 0.01;

    private static readonly Page Figures = Page.At("tests/OrleansRaft.Benchmarks/FIGURES.md");

    private static readonly Dictionary<string, object> Defaults = new()
    {
        ["Raft"] = new RaftOptions(),
        ["Raft:Server"] = new RaftServerOptions(),
        ["Raft:Server:Access"] = new RaftAccessOptions(),
        ["Raft:Server:Limits"] = new TenantLimitOptions(),
        ["Faults"] = new FaultOptions(),
    };

    /// <summary>The table is what <c>macro --compare</c> prints, so each row is one of its bars, and each ratio is that of its figures.</summary>
    [Fact]
    public void Every_bar_is_one_that_the_benchmark_judges_and_its_ratio_is_right()
    {
        var source = File.ReadAllText(Path.Combine(SourceTree.Root, "tests", "OrleansRaft.Benchmarks", "Macro", "Bars.cs"));
        var rows = Figures.Rows()
            .SkipWhile(static row => row[0] != "bar")
            .Skip(2)
            .TakeWhile(static row => row.Length == 6 && Number(row[3]) is not null)
            .ToList();

        rows.Count.ShouldBeGreaterThan(5);
        foreach (var row in rows)
        {
            source.ShouldContain($"\"{row[0]}\"");
            RequireRatio(row, Number(row[1])!.Value, Number(row[2])!.Value, Number(row[3])!.Value);
        }
    }

    [Fact]
    public void Every_figure_of_the_first_page_is_one_of_those()
    {
        var measured = Figures.Rows().Select(static row => row.Select(Number).OfType<double>().ToHashSet()).ToList();
        var rows = Page.At("README.md").Rows().Where(static row => row.Length == 5 && Number(row[1]) is not null).ToList();

        rows.Count.ShouldBeGreaterThan(4);
        foreach (var row in rows)
        {
            var (ours, theirs) = (Number(row[1])!.Value, Number(row[3])!.Value);
            measured.ShouldContain(figures => figures.Contains(ours) && figures.Contains(theirs), string.Join(" | ", row));
            RequireRatio(row, ours, theirs, Number(row[4])!.Value);
        }
    }

    /// <summary>The table is what <c>large</c> prints, so each row is one of its figures, and says rightly whether its aim was met.</summary>
    [Fact]
    public void Every_figure_of_large_states_is_one_that_the_benchmark_tells_and_is_judged_rightly()
    {
        var folder = Path.Combine(SourceTree.Root, "tests", "OrleansRaft.Benchmarks", "Large");
        var source = string.Concat(Directory.EnumerateFiles(folder, "*.cs").Select(File.ReadAllText));
        var rows = Figures.Rows()
            .SkipWhile(static row => row[0] != "one group with 1 GiB of state")
            .Skip(2)
            .TakeWhile(static row => row.Length == 4)
            .ToList();

        rows.Count.ShouldBeGreaterThan(5);
        foreach (var row in rows)
        {
            source.ShouldContain($"\"{row[0]}\"");
            var (reached, aim) = (Number(row[1].Split(' ')[0]), Number(row[2].Split(' ')[0]));
            row[3].ShouldBe(aim is null ? "" : reached <= aim ? "met" : "missed", row[0]);
        }
    }

    /// <summary>A setting with a value behind it, as in <c>`Raft:RoundWaitMax`, 2 ms</c>, says its default.</summary>
    [Fact]
    public void Every_default_that_a_page_tells_is_the_default()
    {
        var told = Page.All.SelectMany(static page => Setting().Matches(page.Text).Select(match => (page.Path, Match: match))).ToList();

        told.Count.ShouldBeGreaterThan(5);
        foreach (var (page, match) in told)
        {
            var name = match.Groups["name"].Value;
            var colon = name.LastIndexOf(':');
            var options = Defaults[name[..colon]];
            var value = options.GetType().GetProperty(name[(colon + 1)..])!.GetValue(options)!;
            In(match.Groups["unit"].Value, value).ShouldBe(Number(match.Groups["value"].Value)!.Value, $"{page}: {match.Value}");
        }
    }

    private static double In(string unit, object value) => value is TimeSpan time
        ? unit switch { "ms" => time.TotalMilliseconds, "s" => time.TotalSeconds, "minutes" => time.TotalMinutes, _ => time.TotalHours }
        : Convert.ToDouble(value, CultureInfo.InvariantCulture) / unit switch { "KiB" => 1 << 10, "MiB" => 1 << 20, "GiB" => 1 << 30, _ => 1 };

    private static void RequireRatio(string[] row, double ours, double theirs, double ratio) =>
        Math.Min(Math.Abs((ours / theirs / ratio) - 1), Math.Abs((theirs / ours / ratio) - 1)).ShouldBeLessThan(Rounding, string.Join(" | ", row));

    private static double? Number(string cell) => double.TryParse(
        cell.Replace(" ms", "", StringComparison.Ordinal),
        NumberStyles.AllowThousands | NumberStyles.AllowDecimalPoint,
        CultureInfo.InvariantCulture,
        out var number) ? number : null;

    [GeneratedRegex(
        @"`(?<name>(Raft|Faults)(:\w+)+)`(, | \()(?<value>\d[\d,]*)( (?<unit>ms|s|minutes|hours|KiB|MiB|GiB)\b)?", RegexOptions.ExplicitCapture)]
    private static partial Regex Setting();
}
