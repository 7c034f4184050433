using System.Globalization;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>The resident memory of a process, as Linux counts it.</summary>
internal static class ProcessMemory
{
    /// <summary>What it has at the moment, in bytes.</summary>
    public static long Now(int process) => Read(process, "VmRSS:");

    /// <summary>The most that it has had since it started, or since <see cref="Forget"/>, in bytes.</summary>
    public static long Peak(int process) => Read(process, "VmHWM:");

    /// <summary>Lets the peak begin anew.</summary>
    public static void Forget(int process) => File.WriteAllText($"{Folder(process)}/clear_refs", "5");

    private static long Read(int process, string name)
    {
        var line = File.ReadLines($"{Folder(process)}/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static string Folder(int process) => $"/proc/{process.ToString(CultureInfo.InvariantCulture)}";
}
