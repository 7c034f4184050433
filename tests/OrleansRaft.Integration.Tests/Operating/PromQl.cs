using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansRaft.Integration.Tests.Operating;

/// <summary>
/// As much of Prometheus' query language as our rules use: selectors with equal labels, <c>rate</c> over the time between two scrapes,
/// <c>sum</c>, <c>max</c>, <c>min</c> and <c>count</c> with <c>by</c>, <c>histogram_quantile</c>, numbers, comparisons and arithmetic with them.
/// </summary>
/// <param name="before">An earlier scrape.</param>
/// <param name="now">The latest scrape.</param>
/// <param name="between">The time between them.</param>
internal sealed partial class PromQl(IReadOnlyList<Sample> before, IReadOnlyList<Sample> now, TimeSpan between)
{
    private readonly HashSet<string> names = [];
    private List<string> tokens = [];
    private int place;

    /// <summary>The metrics that were asked for.</summary>
    public IReadOnlySet<string> Names => names;

    /// <summary>Evaluates an expression to series; an alert fires when there is one.</summary>
    /// <exception cref="FormatException">It is not of the part that is known here.</exception>
    public IReadOnlyList<Sample> Evaluate(string expression)
    {
        tokens = [.. Token().Matches(expression).Select(static match => match.Value)];
        place = 0;
        var result = Comparison();
        return place == tokens.Count ? result : throw new FormatException($"'{tokens[place]}' is not expected in {expression}");
    }

    private List<Sample> Comparison()
    {
        var left = Arithmetic();
        if (place < tokens.Count && tokens[place] is ">" or "<" or ">=" or "<=" or "==" or "!=")
        {
            var compare = tokens[place++];
            var right = Number(Arithmetic());
            left.RemoveAll(sample => !(compare switch
            {
                ">" => sample.Value > right,
                "<" => sample.Value < right,
                ">=" => sample.Value >= right,
                "<=" => sample.Value <= right,
                "==" => sample.Value == right,
                _ => sample.Value != right,
            }));
        }

        return left;
    }

    private List<Sample> Arithmetic()
    {
        var left = Term();
        while (place < tokens.Count && tokens[place] is "*" or "/" or "+" or "-")
        {
            var sign = tokens[place++];
            var right = Term();
            var (series, factor, isSwapped) = left is [{ Name: "" } only] ? (right, only.Value, true) : (left, Number(right), false);
            left = [.. series.Select(sample => sample with { Name = "", Value = Calculate(sign, sample.Value, factor, isSwapped) })];
        }

        return left;
    }

    private static double Calculate(string sign, double series, double number, bool isSwapped) => (sign, isSwapped) switch
    {
        ("*", _) => series * number,
        ("+", _) => series + number,
        ("-", false) => series - number,
        ("-", true) => number - series,
        ("/", false) => series / number,
        _ => number / series,
    };

    private List<Sample> Term()
    {
        var token = tokens[place++];
        switch (token)
        {
            case "(":
                var inner = Comparison();
                Expect(")");
                return inner;
            case "sum" or "max" or "min" or "count":
                return Aggregate(token);
            case "rate":
                Expect("(");
                var (name, labels) = Selector(tokens[place++]);
                Expect("[");
                place++;
                Expect("]");
                Expect(")");
                return Rate(name, labels);
            case "histogram_quantile":
                Expect("(");
                var quantile = Number(Arithmetic());
                Expect(",");
                var buckets = Arithmetic();
                Expect(")");
                return Quantile(quantile, buckets);
            default:
                if (double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                {
                    return [new Sample("", new Dictionary<string, string>(), number)];
                }

                var (metric, wanted) = Selector(token);
                return [.. Find(now, metric, wanted)];
        }
    }

    private (string Name, Dictionary<string, string> Labels) Selector(string name)
    {
        names.Add(name);
        var labels = new Dictionary<string, string>();
        if (place < tokens.Count && tokens[place] == "{")
        {
            for (place++; tokens[place] != "}"; place += tokens[place] == "," ? 1 : 0)
            {
                var label = tokens[place++];
                Expect("=");
                labels[label] = tokens[place++].Trim('"');
            }

            place++;
        }

        return (name, labels);
    }

    private List<Sample> Aggregate(string how)
    {
        string[] kept = [];
        if (tokens[place] == "by")
        {
            place++;
            Expect("(");
            var listed = new List<string>();
            for (; tokens[place] != ")"; place++)
            {
                if (tokens[place] != ",")
                {
                    listed.Add(tokens[place]);
                }
            }

            place++;
            kept = [.. listed];
        }

        Expect("(");
        var series = Comparison();
        Expect(")");
        return
        [
            .. from sample in series
               group sample.Value by string.Join('\n', kept.Select(label => $"{label}={sample.Labels.GetValueOrDefault(label)}")) into parts
               let labels = parts.Key.Split('\n').Where(static part => part.Length > 0)
                   .ToDictionary(static part => part[..part.IndexOf('=')], static part => part[(part.IndexOf('=') + 1)..])
               select new Sample("", labels, how switch
               {
                   "sum" => parts.Sum(),
                   "max" => parts.Max(),
                   "min" => parts.Min(),
                   _ => parts.Count(),
               }),
        ];
    }

    private List<Sample> Rate(string name, Dictionary<string, string> labels) =>
    [
        .. from sample in Find(now, name, labels)
           let earlier = before.FirstOrDefault(old => old.Name == name && Same(old.Labels, sample.Labels))?.Value ?? 0
           select sample with { Name = "", Value = Math.Max(0, sample.Value - earlier) / between.TotalSeconds },
    ];

    private static List<Sample> Quantile(double quantile, List<Sample> buckets) =>
    [
        .. from bucket in buckets
           group bucket by string.Join('\n', bucket.Labels.Where(static label => label.Key != "le").Select(static label => $"{label.Key}={label.Value}")) into series
           let value = Quantile(quantile, [.. series.Select(static bucket => (Bound(bucket.Labels["le"]), bucket.Value)).Order()])
           where !double.IsNaN(value)
           select new Sample("", new Dictionary<string, string>(), value),
    ];

    private static double Quantile(double quantile, List<(double Bound, double Count)> buckets)
    {
        var rank = quantile * buckets[^1].Count;
        if (buckets[^1].Count == 0)
        {
            return double.NaN;
        }

        var (lower, below) = (0d, 0d);
        foreach (var (bound, count) in buckets)
        {
            if (count >= rank)
            {
                return double.IsInfinity(bound) ? lower : lower + ((bound - lower) * (rank - below) / (count - below));
            }

            (lower, below) = (bound, count);
        }

        return lower;
    }

    private static double Bound(string text) => text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<Sample> Find(IReadOnlyList<Sample> scrape, string name, Dictionary<string, string> labels) => scrape.Where(
        sample => sample.Name == name && labels.All(label => sample.Labels.GetValueOrDefault(label.Key) == label.Value));

    private static bool Same(IReadOnlyDictionary<string, string> one, IReadOnlyDictionary<string, string> other) =>
        one.Count == other.Count && one.All(label => other.GetValueOrDefault(label.Key) == label.Value);

    private static double Number(List<Sample> series) =>
        series is [{ Name: "", Labels.Count: 0 } number] ? number.Value : throw new FormatException("a number is expected here");

    private void Expect(string token)
    {
        if (place >= tokens.Count || tokens[place++] != token)
        {
            throw new FormatException($"'{token}' is expected in {string.Join(' ', tokens)}");
        }
    }

    [GeneratedRegex("""[\d.]+[a-z]?|[a-zA-Z_:][\w:]*|"[^"]*"|==|!=|>=|<=|[><{}()\[\],=*/+-]""")]
    private static partial Regex Token();
}
