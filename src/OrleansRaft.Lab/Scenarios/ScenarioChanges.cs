using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>Puts what a visitor changed into a scenario, as the page does.</summary>
internal static class ScenarioChanges
{
    private const string Settings = "settings";
    private const string Interventions = "interventions";

    /// <summary>A scenario as a visitor changed it.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="changes">
    /// An object with <c>settings</c>, which go before the scenario's own, and <c>interventions</c>, which are added to it; both may be missing or
    /// null.
    /// </param>
    /// <exception cref="ScenarioException">The changes are not valid; the exception names the place.</exception>
    public static Scenario With(this Scenario scenario, JsonElement changes)
    {
        var fields = new JsonFields(changes, "", Settings, Interventions);
        var altered = JsonObject.Create(scenario.Source)!;
        if (Given(fields, Settings) is { } settings)
        {
            var merged = altered[Settings] as JsonObject ?? [];
            foreach (var setting in settings.ValueKind == JsonValueKind.Object ? settings
                .EnumerateObject() : throw new ScenarioException(Settings, "must be an object."))
            {
                merged[setting.Name] = JsonSerializer.SerializeToNode(setting.Value);
            }

            altered[Settings] = merged;
        }

        if (Given(fields, Interventions) is not null)
        {
            var all = altered[Interventions] as JsonArray ?? [];
            foreach (var (intervention, _) in fields.List(Interventions))
            {
                all.Add(JsonSerializer.SerializeToNode(intervention));
            }

            altered[Interventions] = all;
        }

        return ScenarioParser.Parse(JsonSerializer.SerializeToElement(altered));
    }

    private static JsonElement? Given(JsonFields fields, string name) =>
        fields.Has(name) && fields.Get(name) is { ValueKind: not JsonValueKind.Null } value ? value : null;
}
