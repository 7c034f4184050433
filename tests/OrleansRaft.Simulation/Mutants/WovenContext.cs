namespace OrleansRaft.Simulation.Mutants;

/// <summary>All bugs of the catalogue in one load context, one awake at a time: compiled and made machine code once.</summary>
internal sealed class WovenContext
{
    private readonly Dictionary<string, int> numbers =
        MutantCatalogue.All.Select((mutant, place) => (mutant.Name, Number: place + 1)).ToDictionary(one => one.Name, one => one.Number);
    private readonly HashSet<string> left = [];
    private readonly RecompiledContext context;

    /// <summary>Compiles it.</summary>
    /// <param name="assemblies">The assemblies, without the common prefix.</param>
    /// <exception cref="InvalidOperationException">A bug does not compile.</exception>
    public WovenContext(IEnumerable<string> assemblies)
    {
        var recompiled = new Dictionary<string, byte[]>();
        foreach (var assembly in assemblies)
        {
            var mutants = MutantCatalogue.All.Where(mutant => mutant.Assembly == assembly).Select(mutant => (mutant, numbers[mutant.Name]));
            (recompiled[assembly], var leftOf) = MutantCompiler.CompileWoven(assembly, mutants);
            left.UnionWith(leftOf.Select(mutant => mutant.Name));
        }

        context = new RecompiledContext(recompiled);
    }

    /// <summary>Whether a bug can be chosen here; one that changes more than the body of one member, or no longer fits the sources, cannot.</summary>
    public bool Has(Mutant mutant) => numbers.ContainsKey(mutant.Name) && !left.Contains(mutant.Name);

    /// <summary>Calls a static method while a bug is awake. One call at a time.</summary>
    public object? Invoke(Mutant mutant, string method, params object[] arguments)
    {
        var chosen = context.FieldOf(mutant.Assembly, MutantCompiler.ChooserOf(mutant.Assembly), MutantCompiler.Chosen);
        lock (numbers)
        {
            chosen.SetValue(null, numbers[mutant.Name]);
            try
            {
                return context.Invoke(method, arguments);
            }
            finally
            {
                chosen.SetValue(null, 0);
            }
        }
    }
}
