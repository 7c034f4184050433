using System.Text.Json;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>A story that the lab can play: what happens to a cluster step by step, and how it is expected to end. Immutable.</summary>
internal sealed class Scenario
{
    /// <summary>The most nodes.</summary>
    public const int NodesMax = 9;

    internal Scenario(JsonElement source, ScenarioSettings settings, IReadOnlyList<ScenarioStep> steps, IReadOnlyList<Intervention> interventions) =>
        (Source, Settings, Steps, Interventions) = (source, settings, steps, interventions);

    /// <summary>The scenario as JSON: what it was read from.</summary>
    public JsonElement Source { get; }

    /// <summary>Its name: small letters and hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>A short title.</summary>
    public required LocalizedText Title { get; init; }

    /// <summary>What it shows; a sentence or two.</summary>
    public required LocalizedText About { get; init; }

    /// <summary>The names of its nodes, such as A, B, C.</summary>
    public required IReadOnlyList<string> Nodes { get; init; }

    internal ulong Seed { get; init; }

    internal ScenarioSettings Settings { get; }

    internal IReadOnlyList<ScenarioStep> Steps { get; }

    internal IReadOnlyList<Intervention> Interventions { get; }
}

/// <summary>How the cluster of a scenario behaves.</summary>
/// <param name="Raft">Its replicas.</param>
/// <param name="LinkMin">The shortest time that a message takes.</param>
/// <param name="LinkMax">The longest time that a message takes.</param>
/// <param name="Disk">How long a write takes.</param>
internal sealed record ScenarioSettings(RaftOptions Raft, TimeSpan LinkMin, TimeSpan LinkMax, TimeSpan Disk);

/// <summary>One step of a scenario.</summary>
/// <param name="Number">Its number, from 0.</param>
/// <param name="Say">What is told when it begins; null for nothing.</param>
/// <param name="Action">What happens; null when it only tells.</param>
internal sealed record ScenarioStep(int Number, LocalizedText? Say, ScenarioAction? Action);

/// <summary>Something that a visitor does in the middle of a scenario.</summary>
/// <param name="At">When.</param>
/// <param name="Action">What.</param>
internal sealed record Intervention(TimeSpan At, ScenarioAction Action);
