namespace OrleansRaft.Simulation.Script;

/// <summary>A request that cannot be done; its text is the answer's error.</summary>
internal sealed class ScriptException(string message) : Exception(message);
