using System.Reflection;
using System.Runtime.Loader;
using OrleansRaft.Simulation.Cli;

namespace OrleansRaft.Simulation.Mutants;

/// <summary>A load context of its own, where everything that refers to a recompiled assembly is loaded a second time.</summary>
/// <remarks>It stays: the runtime ends the process now and then when contexts are unloaded while others run.</remarks>
/// <param name="recompiled">The recompiled assemblies, by their names without the common prefix.</param>
internal sealed class RecompiledContext(Dictionary<string, byte[]> recompiled) : AssemblyLoadContext("recompiled")
{
    private const string Prefix = "OrleansRaft.";

    /// <summary>Calls a static method of this context's <see cref="RunCommand"/>.</summary>
    public object? Invoke(string method, params object[] arguments)
    {
        var command = LoadFromAssemblyName(typeof(RunCommand).Assembly.GetName()).GetType(typeof(RunCommand).FullName!, throwOnError: true)!;
        return command.GetMethod(method, BindingFlags.Public | BindingFlags.Static)!.Invoke(
            null, BindingFlags.DoNotWrapExceptions, null, arguments, null);
    }

    /// <summary>A static field of this context's copy of an assembly.</summary>
    /// <param name="assembly">The assembly, without the common prefix.</param>
    /// <param name="type">The type that has the field.</param>
    /// <param name="field">The field.</param>
    public FieldInfo FieldOf(string assembly, string type, string field) =>
        LoadFromAssemblyName(new AssemblyName(Prefix + assembly)).GetType(type, throwOnError: true)!.GetField(
            field, BindingFlags.NonPublic | BindingFlags.Static)!;

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
