using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>The scenarios that come with the lab.</summary>
internal static class ScenarioLibrary
{
    private const string Prefix = "scenarios/";

    private static readonly string[] Order =
    [
        "first-election",
        "split-vote",
        "re-election",
        "replication",
        "partition",
        "healing",
        "snapshot",
        "snapshot-chunks",
        "lost-answers",
        "read-in-election",
        "old-leader-read",
    ];

    private static readonly FrozenDictionary<string, Scenario> ByName = Load().ToFrozenDictionary(scenario => scenario.Name, StringComparer.Ordinal);

    /// <summary>All scenarios, the simplest first.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
        [
            .. ByName.Values.OrderBy(
                scenario => Array.IndexOf(Order, scenario.Name) is var place && place < 0 ? Order.Length : place).ThenBy(scenario => scenario.Name,
                StringComparer.Ordinal),
        ];

    /// <summary>A scenario by its name; null when there is none.</summary>
    public static Scenario? Find(string name) => ByName.GetValueOrDefault(name);

    private static IEnumerable<Scenario> Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            using var document = JsonDocument.Parse(stream);
            Scenario scenario;
            try
            {
                scenario = ScenarioParser.Parse(document.RootElement);
            }
            catch (ScenarioException mistake)
            {
                throw new InvalidOperationException($"The lab's own scenario {resource[Prefix.Length..]} is wrong: {mistake.Message}", mistake);
            }

            yield return scenario;
        }
    }
}
