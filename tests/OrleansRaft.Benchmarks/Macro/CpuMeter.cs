using System.Globalization;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>How much processor time the programs of a run have used: this process and everything that it started.</summary>
/// <param name="names">Names of processes that their own name does not tell.</param>
internal sealed class CpuMeter(IReadOnlyDictionary<int, string> names)
{
    private const double TicksPerSecond = 100;

    /// <summary>Seconds of user and system time so far, by program.</summary>
    public IReadOnlyDictionary<string, double> Read()
    {
        var processes = Directory.EnumerateDirectories("/proc")
            .Select(static path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var id) ? TryRead(id) : null)
            .OfType<Stat>()
            .ToDictionary(static stat => stat.Id);
        return processes.Values
            .Where(stat => Descends(stat, processes))
            .GroupBy(stat => stat.Id == Environment.ProcessId ? "load" : names.GetValueOrDefault(stat.Id, stat.Name))
            .ToDictionary(static group => group.Key, static group => group.Sum(static stat => stat.Ticks) / TicksPerSecond);
    }

    /// <summary>What was used between two readings, without those who did next to nothing.</summary>
    public static IReadOnlyDictionary<string, double> Between(
        IReadOnlyDictionary<string, double> before, IReadOnlyDictionary<string, double> after) =>
        after
        .Select(used => KeyValuePair.Create(used.Key, used.Value - before.GetValueOrDefault(used.Key)))
        .Where(static used => used.Value > 0.005)
        .ToDictionary();

    private static bool Descends(Stat stat, Dictionary<int, Stat> processes)
    {
        for (Stat? at = stat; at is not null; at = processes.GetValueOrDefault(at.Parent))
        {
            if (at.Id == Environment.ProcessId)
            {
                return true;
            }
        }

        return false;
    }

    private static Stat? TryRead(int id)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{id}/stat");
            var end = text.LastIndexOf(')');
            var fields = text[(end + 2)..].Split(' ');
            long Field(int number) => long.Parse(fields[number - 3], CultureInfo.InvariantCulture);

            // Fields 14 to 17 of proc(5): user and system time, and those of children that have ended.
            return new Stat(
                id, (int)Field(4), text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..end], Field(14) + Field(15) + Field(16) + Field(17));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private sealed record Stat(int Id, int Parent, string Name, long Ticks);
}
