namespace OrleansRaft.Lab.Scenarios;

/// <summary>A scenario makes no sense.</summary>
/// <param name="place">Where in the file, such as <c>steps[3].cut</c>.</param>
/// <param name="problem">What is wrong, and what would be right; a sentence.</param>
#pragma warning disable CA1064 // It never leaves our assemblies: it becomes an answer.
internal sealed class ScenarioException(string place, string problem) : Exception($"{place}: {problem}")
#pragma warning restore CA1064
{
    /// <summary>Where in the file.</summary>
    public string Place { get; } = place;

    /// <summary>What is wrong, and what would be right.</summary>
    public string Problem { get; } = problem;
}
