using System.Globalization;

namespace OrleansRaft.Benchmarks.Idle;

/// <summary>What a process used so far, as Linux counts it.</summary>
/// <param name="CpuSeconds">Processor time, of all its threads, in user and kernel mode.</param>
/// <param name="ResidentBytes">Its resident set.</param>
internal readonly record struct ProcessUsage(double CpuSeconds, long ResidentBytes)
{
    // What sysconf(_SC_CLK_TCK) answers on every Linux of today.
    private const double TicksPerSecond = 100;

    /// <summary>Reads <c>/proc</c>.</summary>
    public static ProcessUsage Read(int processId)
    {
        var directory = $"/proc/{processId.ToString(CultureInfo.InvariantCulture)}";
        var stat = File.ReadAllText(Path.Combine(directory, "stat"));

        // The program's name stands in parentheses and may hold anything; what follows is numbers, the state first.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        var resident = File.ReadLines(Path.Combine(directory, "status")).First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        var kilobytes = long.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        return new ProcessUsage(ticks / TicksPerSecond, kilobytes * 1024);
    }
}
