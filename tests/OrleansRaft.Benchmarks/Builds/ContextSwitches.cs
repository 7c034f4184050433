using System.Globalization;

namespace OrleansRaft.Benchmarks.Builds;

/// <summary>How often threads of processes went to sleep: a count that other programs on the machine hardly move.</summary>
internal static class ContextSwitches
{
    private const string Count = "voluntary_ctxt_switches:";
    private const string Name = "Name:";

    /// <summary>The voluntary context switches so far of all threads that live.</summary>
    public static long Read(IEnumerable<int> processes) => ReadByThread(processes).Values.Sum();

    /// <summary>The same by the names of the threads, of which the system keeps fifteen characters. Threads of one name are one.</summary>
    public static Dictionary<string, long> ReadByThread(IEnumerable<int> processes)
    {
        Dictionary<string, long> counts = [];
        foreach (var process in processes)
        {
            foreach (var thread in Directory.EnumerateDirectories(Path.Combine("/proc", process.ToString(CultureInfo.InvariantCulture), "task")))
            {
                var (name, count) = ReadThread(thread);
                counts[name] = counts.GetValueOrDefault(name) + count;
            }
        }

        return counts;
    }

    private static (string Name, long Count) ReadThread(string directory)
    {
        try
        {
            var lines = File.ReadAllLines(Path.Combine(directory, "status"));
            return (ValueOf(lines, Name), long.Parse(ValueOf(lines, Count), CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // The thread has ended meanwhile.
            return ("ended", 0);
        }
    }

    private static string ValueOf(string[] lines, string name) =>
        lines.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Trim();
}
