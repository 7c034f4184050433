using Microsoft.CodeAnalysis;
using OrleansRaft.Simulation.Cli;

namespace OrleansRaft.Simulation.Mutants;

/// <summary>Runs the simulation on assemblies that were compiled once more.</summary>
internal static class MutantHost
{
    private static readonly string[] Assemblies = ["Core", "Runtime", "Lab"];

    /// <summary>Everything as it is shipped, so that a hunt is as fast from a build for debugging.</summary>
    private static readonly Lazy<Dictionary<string, byte[]>> Shipped = new(() => Compile(OptimizationLevel.Release));

    private static readonly Lazy<RecompiledContext> ShippedContext = new(() => new RecompiledContext(Shipped.Value));

    private static readonly Lazy<WovenContext> Woven = new(() => new WovenContext(Assemblies));

    /// <summary>What <see cref="RunCommand.Execute"/> does, on a mutant. What the mutant does not change is as it was built.</summary>
    public static int Run(Mutant mutant, ulong seed, long count, bool untilFailure, bool trace) =>
        (int)Alone(mutant, []).Invoke(nameof(RunCommand.Execute), seed, count, untilFailure, trace)!;

    /// <summary>What <see cref="RunCommand.CountUntilFailure"/> does, on a mutant.</summary>
    public static long[] CountUntilFailure(Mutant mutant, ulong[] firstSeeds, long count) => (long[])(Woven.Value.Has(mutant)
        ? Woven.Value.Invoke(mutant, nameof(RunCommand.CountUntilFailure), firstSeeds, count)
        : Alone(mutant, Shipped.Value).Invoke(nameof(RunCommand.CountUntilFailure), firstSeeds, count))!;

    /// <summary>What <see cref="RunCommand.LinesOf"/> does, on the same sources compiled for debugging or as they are shipped.</summary>
    public static string[] LinesOf(OptimizationLevel level, ulong seed, long count) =>
        (string[])(
            level == OptimizationLevel.Release ? ShippedContext.Value : new RecompiledContext(Compile(level))).Invoke(nameof(RunCommand.LinesOf),
            seed,
            count)!;

    private static Dictionary<string, byte[]> Compile(OptimizationLevel level) =>
        Assemblies.ToDictionary(name => name, name => MutantCompiler.Compile(name, level));

    private static RecompiledContext Alone(Mutant mutant, Dictionary<string, byte[]> others) =>
        new(new Dictionary<string, byte[]>(others) { [mutant.Assembly] = MutantCompiler.Compile(mutant) });
}
