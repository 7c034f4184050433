using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace OrleansRaft.Cli.Output;

/// <summary>
/// Holds back what is logged while a silo starts: if it fails, the reason is told once and plainly. Our own warnings pass, such as that a database
/// does not answer yet: somebody may be waiting for the start.
/// </summary>
internal sealed class LogGate
{
    private const int WaitingMax = 1_000;

    private readonly ConcurrentQueue<string> waiting = new();
    private volatile bool isOpen;

    /// <summary>Whether a line may be written now; if not, it waits.</summary>
    public bool MayPass(string category, LogLevel level, string line)
    {
        if (isOpen || (level >= LogLevel.Warning && category.StartsWith("OrleansRaft", StringComparison.Ordinal)))
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
