using OrleansRaft.Runtime;

namespace OrleansRaft.Simulation.Faults;

internal static class Sinks
{
    /// <summary>Nobody waits for the answer.</summary>
    public static IReplySink Ignore { get; } = new Ignoring();

    private sealed class Ignoring : IReplySink
    {
        public void OnReplied(ReplyBatch batch)
        {
        }
    }
}
