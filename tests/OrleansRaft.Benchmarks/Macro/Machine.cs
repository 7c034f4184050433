using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>The machine that figures belong to.</summary>
/// <param name="Processor">Its name.</param>
/// <param name="Cores">How many this process may use.</param>
/// <param name="MemoryGigabytes">Of memory.</param>
/// <param name="System">Operating system and its version.</param>
/// <param name="Runtime">The version of .NET.</param>
/// <param name="FsyncMicroseconds">The median of writing 4 KB and waiting until it is on disk, where the data lies.</param>
/// <param name="LoadBefore">The load average before the first measurement: other programs' work.</param>
internal sealed record Machine(
    string Processor, int Cores, double MemoryGigabytes, string System, string Runtime, double FsyncMicroseconds, string LoadBefore)
{
    private const int FsyncCount = 100;

    public static async Task<Machine> DescribeAsync() => new(
        await FieldAsync("/proc/cpuinfo", "model name"),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9, 1),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription,
        Math.Round(MeasureFsync()),
        string.Join(' ', (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[..3]));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Cores} cores ({Processor}), {MemoryGigabytes:0} GB, fsync {FsyncMicroseconds:0} us, {System}, {Runtime}; client and servers share it; "
            + $"load before: {LoadBefore}");

    private static async Task<string> FieldAsync(string file, string name)
    {
        var line = (await File.ReadAllLinesAsync(file)).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? "unknown processor";
    }

    private static double MeasureFsync()
    {
        var path = Path.GetTempFileName();
        var block = new byte[4096];
        var times = new List<double>();
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            for (var count = 0; count < FsyncCount; count++)
            {
                var began = Stopwatch.GetTimestamp();
                file.Write(block);
                file.Flush(flushToDisk: true);
                times.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
            }
        }

        File.Delete(path);
        return Spread.Of(times).Median;
    }
}
