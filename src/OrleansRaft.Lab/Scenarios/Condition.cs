namespace OrleansRaft.Lab.Scenarios;

/// <summary>Something that may hold of a cluster at a moment.</summary>
/// <param name="Text">What it says.</param>
/// <param name="Holds">Whether it holds now.</param>
internal sealed record Condition(LocalizedText Text, Func<IPlayView, bool> Holds);
