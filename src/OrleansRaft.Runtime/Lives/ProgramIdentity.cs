using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace OrleansRaft.Runtime.Lives;

/// <summary>Tells one build of a state machine from another, so that what one could not do is left to the next.</summary>
internal static class ProgramIdentity
{
    private static readonly ConcurrentDictionary<Assembly, ulong> Known = new();

    /// <summary>
    /// A number for the assembly of a type, whatever it refers to but the framework, and the version of .NET: equal for equal builds.
    /// </summary>
    public static ulong Of(Type machine) => Known.GetOrAdd(machine.Assembly, Compute);

    private static ulong Compute(Assembly root)
    {
        var modules = new SortedSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var waiting = new Queue<Assembly>([root]);
        while (waiting.TryDequeue(out var assembly))
        {
            modules.Add(assembly.ManifestModule.ModuleVersionId.ToString());
            foreach (var name in assembly.GetReferencedAssemblies())
            {
                if (!IsOfFramework(name) && seen.Add(name.FullName) && Load(name) is { } referred)
                {
                    waiting.Enqueue(referred);
                }
            }
        }

        var text = $"{Environment.Version};{string.Join(';', modules)}";
        return BitConverter.ToUInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    private static bool IsOfFramework(AssemblyName name) =>
        name.Name is null or "mscorlib" or "netstandard" or "System"
        || name.Name.StartsWith("System.", StringComparison.Ordinal)
        || name.Name.StartsWith("Microsoft.", StringComparison.Ordinal);

    /// <summary>An assembly that is not there is not used either.</summary>
    private static Assembly? Load(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException)
        {
            return null;
        }
    }
}
