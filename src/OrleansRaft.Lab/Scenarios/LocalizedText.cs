namespace OrleansRaft.Lab.Scenarios;

/// <summary>A sentence in both languages of the lab.</summary>
/// <param name="En">In English.</param>
/// <param name="Zh">In Chinese.</param>
internal sealed record LocalizedText(string En, string Zh);
