namespace OrleansRaft.Lab.Scenarios;

/// <summary>Plays scenarios.</summary>
internal static class ScenarioPlayer
{
    /// <summary>Plays a scenario from the beginning to its end, under virtual time; always the same way.</summary>
    /// <param name="scenario">The scenario.</param>
    public static Recording Play(this Scenario scenario) => new ScenarioPlay(scenario).Play();
}
