using System.Reflection;
using System.Runtime.Loader;
using OrleansRaft.Simulation.Cli;

namespace OrleansRaft.Simulation.Mutants;

/// <summary>Runs the simulation on a mutated assembly: in a load context of its own, where everything that refers to the assembly is loaded a second time.</summary>
internal static class MutantHost
{
    /// <summary>What <see cref="RunCommand.Execute"/> does, on a mutant.</summary>
    public static int Run(Mutant mutant, ulong seed, long count, bool untilFailure, bool trace) =>
        (int)Invoke(mutant, nameof(RunCommand.Execute), seed, count, untilFailure, trace)!;

    /// <summary>What <see cref="RunCommand.CountUntilFailure"/> does, on a mutant.</summary>
    public static long[] CountUntilFailure(Mutant mutant, ulong[] firstSeeds, long count) =>
        (long[])Invoke(mutant, nameof(RunCommand.CountUntilFailure), firstSeeds, count)!;

    private static object? Invoke(Mutant mutant, string method, params object[] arguments)
    {
        var context = new MutatedContext(MutantCompiler.Compile(mutant), $"OrleansRaft.{mutant.Assembly}");
        var command = context.LoadFromAssemblyName(typeof(RunCommand).Assembly.GetName()).GetType(typeof(RunCommand).FullName!, throwOnError: true)!;
        return command.GetMethod(method, BindingFlags.Public | BindingFlags.Static)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);
    }

    private sealed class MutatedContext(byte[] assembly, string name) : AssemblyLoadContext($"mutated {name}")
    {
        protected override Assembly? Load(AssemblyName assemblyName)
        {
            if (assemblyName.Name == name)
            {
                using var bytes = new MemoryStream(assembly);
                return LoadFromStream(bytes);
            }

            var file = Path.Combine(AppContext.BaseDirectory, $"{assemblyName.Name}.dll");
            return assemblyName.Name!.StartsWith("OrleansRaft.", StringComparison.Ordinal) ? LoadFromAssemblyPath(file) : null;
        }
    }
}
