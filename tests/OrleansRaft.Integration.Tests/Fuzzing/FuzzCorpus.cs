using System.Text.RegularExpressions;
using OrleansRaft.Integration.Tests.Architecture;

namespace OrleansRaft.Integration.Tests.Fuzzing;

/// <summary>Inputs of a target that are kept: for each way in which it refuses, the shortest that was found.</summary>
/// <param name="target">The target's name.</param>
internal sealed partial class FuzzCorpus(string target)
{
    private const int LengthMax = 400;
    private const int WaysMax = 30;

    private static readonly string? Collect = Environment.GetEnvironmentVariable("ORAFT_FUZZ_COLLECT");

    private readonly Dictionary<string, byte[]> shortest = [];

    /// <summary>What is kept of a target.</summary>
    public static IReadOnlyList<byte[]> Of(string target) =>
        FileOf(Path.Combine(SourceTree.Root, "tests", "OrleansRaft.Integration.Tests", "Fuzzing", "corpus"), target) is var file && File.Exists(file)
            ? [.. File.ReadAllLines(file).Select(static line => Convert.FromHexString(line.Split(' ')[0]))]
            : [];

    /// <summary>Notes how an input was refused.</summary>
    public void Note(byte[] input, Exception? refusal)
    {
        if (Collect is null || refusal is null || input.Length > LengthMax)
        {
            return;
        }

        var way = Particular().Replace(refusal.Message, "#");
        if (!shortest.TryGetValue(way, out var known) || input.Length < known.Length)
        {
            shortest[way] = input;
        }
    }

    /// <summary>Writes what was found, where somebody wants it.</summary>
    public void Write()
    {
        if (Collect is not null && shortest.Count > 0)
        {
            Directory.CreateDirectory(Collect);
            var kept = shortest.Values.OrderBy(static input => input.Length).Take(WaysMax);
            File.WriteAllLines(FileOf(Collect, target), kept.Select(Convert.ToHexStringLower).Order(StringComparer.Ordinal));
        }
    }

    private static string FileOf(string folder, string target) => Path.Combine(folder, target.Replace(' ', '-') + ".txt");

    [GeneratedRegex("""[0-9a-fA-F]*\d[0-9a-fA-F]*|"[^"]*"|'[^']*'""")]
    private static partial Regex Particular();
}
