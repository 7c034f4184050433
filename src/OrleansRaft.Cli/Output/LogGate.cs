using System.Collections.Concurrent;

namespace OrleansRaft.Cli.Output;

/// <summary>Holds back what frameworks log while a silo starts.</summary>
internal sealed class LogGate
{
    private const int WaitingMax = 1_000;

    private readonly ConcurrentQueue<string> waiting = new();
    private volatile bool isOpen;

    /// <summary>Whether a line may be written now; if not, it waits.</summary>
    public bool MayPass(string category, string line)
    {
        if (isOpen || category.StartsWith("OrleansRaft", StringComparison.Ordinal))
        {
            return true;
        }

        if (waiting.Count < WaitingMax)
        {
            waiting.Enqueue(line);
        }

        return false;
    }

    /// <summary>The start succeeded: lets everything pass, beginning with what waited.</summary>
    public void Open(TextWriter output)
    {
        isOpen = true;
        while (waiting.TryDequeue(out var line))
        {
            output.WriteLine(line);
        }
    }
}
