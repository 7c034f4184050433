using System.Globalization;

namespace OrleansRaft.Benchmarks.Builds;

/// <summary>How often threads of processes went to sleep: a count that other programs on the machine hardly move.</summary>
internal static class ContextSwitches
{
    /// <summary>The voluntary context switches so far of all threads that live.</summary>
    public static long Read(IEnumerable<int> processes) => processes.Sum(static process =>
        Directory.EnumerateDirectories(Path.Combine("/proc", process.ToString(CultureInfo.InvariantCulture), "task")).Sum(ReadThread));

    private static long ReadThread(string directory)
    {
        try
        {
            var line = File.ReadLines(Path.Combine(directory, "status"))
                .First(static line => line.StartsWith("voluntary_ctxt_switches:", StringComparison.Ordinal));
            return long.Parse(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // The thread has ended meanwhile.
            return 0;
        }
    }
}
