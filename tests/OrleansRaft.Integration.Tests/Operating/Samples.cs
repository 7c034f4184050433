using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansRaft.Integration.Tests.Operating;

/// <summary>One series at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Value">Its value.</param>
internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>What a scrape of <c>/metrics</c> found, in Prometheus' text format.</summary>
internal static partial class Samples
{
    /// <summary>Reads a scrape.</summary>
    public static IReadOnlyList<Sample> Parse(string text) =>
    [
        .. from line in text.Split('\n')
           where line.Length > 0 && line[0] != '#'
           let match = Line().Match(line)
           where match.Success
           select new Sample(
               match.Groups["name"].Value,
               Label().Matches(match.Groups["labels"].Value).ToDictionary(
                   static label => label.Groups["name"].Value, static label => label.Groups["value"].Value, StringComparer.Ordinal),
               ValueOf(match.Groups["value"].Value)),
    ];

    private static double ValueOf(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][\w:]*)(\{(?<labels>.*)\})? (?<value>\S+)( \d+)?$""")]
    private static partial Regex Line();

    [GeneratedRegex("(?<name>\\w+)=\"(?<value>(\\\\.|[^\"\\\\])*)\"")]
    private static partial Regex Label();
}
