using OrleansRaft.Simulation.Mutants;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.EndToEnd;

/// <summary>
/// A copy of <c>oraft</c> compiled without fencing: who had the right to speak once keeps it, and never asks the store again whether it was taken
/// over.
/// </summary>
internal sealed class UnfencedProgram : IDisposable
{
    private const string Assembly = "Runtime";

    private static readonly Mutant[] Parts =
    [
        new(
            "right-never-ends",
            "the right to speak does not end with the lease",
            Assembly,
            "Storage/RightToSpeak.cs",
            "public bool IsHeld => isSpeaker && !hasEnded && lease is not { IsValid: false };",
            "public bool IsHeld => isSpeaker;"),
        new(
            "lease-not-extended",
            "a silo does not learn from its lease what was taken over",
            Assembly,
            "Storage/SiloLease.cs",
            "await Task.Delay(extended ? times.Period : times.Period / 3, time, cancellation);",
            "await Task.Delay(extended ? Timeout.InfiniteTimeSpan : times.Period / 3, time, cancellation);"),
    ];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("oraft-unfenced-");

    private UnfencedProgram()
    {
    }

    /// <summary>The assembly to run.</summary>
    public string Path => PathOf(OraftProcess.Program);

    /// <summary>Makes one.</summary>
    public static UnfencedProgram Make()
    {
        var program = new UnfencedProgram();
        var original = System.IO.Path.GetDirectoryName(OraftProcess.Program)!;
        foreach (var file in Directory.EnumerateFiles(original).Where(file => System.IO.Path.GetExtension(file) is ".dll" or ".json"))
        {
            File.Copy(file, program.PathOf(file));
        }

        foreach (var part in Directory.EnumerateDirectories(original))
        {
            Directory.CreateSymbolicLink(program.PathOf(part), part);
        }

        File.WriteAllBytes(program.PathOf($"OrleansRaft.{Assembly}.dll"), MutantCompiler.Compile(Parts));
        return program;
    }

    /// <inheritdoc/>
    public void Dispose() => folder.Delete(recursive: true);

    private string PathOf(string original) => System.IO.Path.Combine(folder.FullName, System.IO.Path.GetFileName(original));
}
