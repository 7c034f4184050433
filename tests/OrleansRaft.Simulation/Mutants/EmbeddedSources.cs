using System.Reflection;

namespace OrleansRaft.Simulation.Mutants;

/// <summary>The sources from which this program was built; it carries them along.</summary>
internal static class EmbeddedSources
{
    /// <summary>The sources of an assembly, by path.</summary>
    /// <param name="assembly">Its name without the common prefix.</param>
    public static Dictionary<string, string> Of(string assembly)
    {
        var prefix = $"{assembly}/";
        var here = Assembly.GetExecutingAssembly();
        return here.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToDictionary(name => name[prefix.Length..], name => Read(here, name));
    }

    private static string Read(Assembly here, string name)
    {
        using var reader = new StreamReader(here.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
