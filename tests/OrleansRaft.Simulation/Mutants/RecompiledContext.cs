using System.Reflection;
using System.Runtime.Loader;
using OrleansRaft.Simulation.Cli;

namespace OrleansRaft.Simulation.Mutants;

/// <summary>A load context of its own, where everything that refers to a recompiled assembly is loaded a second time.</summary>
/// <param name="recompiled">The recompiled assemblies, by their names without the common prefix.</param>
internal sealed class RecompiledContext(Dictionary<string, byte[]> recompiled) : AssemblyLoadContext("recompiled", isCollectible: true)
{
    private const string Prefix = "OrleansRaft.";

    /// <summary>Calls a static method of this context's <see cref="RunCommand"/>, then lets the context go: a hunt makes dozens of them.</summary>
    public object? Invoke(string method, params object[] arguments)
    {
        try
        {
            var command = LoadFromAssemblyName(typeof(RunCommand).Assembly.GetName()).GetType(typeof(RunCommand).FullName!, throwOnError: true)!;
            return command.GetMethod(method, BindingFlags.Public | BindingFlags.Static)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);
        }
        finally
        {
            Unload();
        }
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var name = assemblyName.Name!;
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return null;
        }

        if (!recompiled.TryGetValue(name[Prefix.Length..], out var assembly))
        {
            return LoadFromAssemblyPath(Path.Combine(AppContext.BaseDirectory, $"{name}.dll"));
        }

        using var bytes = new MemoryStream(assembly);
        return LoadFromStream(bytes);
    }
}
