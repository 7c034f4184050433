using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace OrleansRaft.Simulation.Mutants;

/// <summary>Compiles an assembly's sources once more, with one text replaced or as they are. Shipped code knows nothing of mutants.</summary>
internal static class MutantCompiler
{
    // The version is that of the assemblies that the woven ones stand in for: whoever refers to those takes no older one.
    private static readonly string Surroundings = $"""
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        [assembly: System.Reflection.AssemblyVersion("{typeof(Core.RaftCore).Assembly.GetName().Version}")]
        """;

    /// <summary>The field of a woven assembly that says which of its bugs is awake; 0 for none.</summary>
    public const string Chosen = "Number";

    /// <summary>How sources are read.</summary>
    public static CSharpParseOptions Parsing { get; } = new(LanguageVersion.CSharp14);

    /// <summary>Everything that can be referred to, read once: each copy takes tens of megabytes.</summary>
    private static readonly (string Name, PortableExecutableReference Reference)[] Trusted =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(path => (Path.GetFileNameWithoutExtension(path), MetadataReference.CreateFromFile(path))),
    ];

    /// <summary>Compiles a mutant.</summary>
    /// <returns>The assembly.</returns>
    /// <exception cref="InvalidOperationException">The mutant no longer fits the sources.</exception>
    public static byte[] Compile(Mutant mutant) => Compile([mutant]);

    /// <summary>Compiles one assembly with several bugs at once.</summary>
    /// <param name="mutants">The bugs, all in the same assembly.</param>
    /// <returns>The assembly.</returns>
    /// <exception cref="InvalidOperationException">One no longer fits the sources.</exception>
    public static byte[] Compile(Mutant[] mutants)
    {
        var assembly = mutants[0].Assembly;
        var sources = EmbeddedSources.Of(assembly);
        foreach (var mutant in mutants)
        {
            sources[mutant.File] = mutant.PlantInto(TextOf(mutant, sources));
        }

        return Compile(assembly, sources, OptimizationLevel.Release, $"mutant {string.Join(" with ", mutants.Select(mutant => mutant.Name))}");
    }

    /// <summary>Compiles an assembly as it is.</summary>
    /// <param name="assembly">Its name without the common prefix.</param>
    /// <param name="level">As for debugging, or as it is shipped.</param>
    public static byte[] Compile(string assembly, OptimizationLevel level) => Compile(assembly, EmbeddedSources.Of(assembly), level, assembly);

    /// <summary>Compiles an assembly with many bugs, each of which sleeps until it is chosen by its number.</summary>
    /// <param name="assembly">Its name without the common prefix.</param>
    /// <param name="mutants">Bugs of this assembly and their numbers, none of them 0.</param>
    /// <returns>The assembly; its <see cref="ChooserOf"/> has the static field <see cref="Chosen"/>. And the bugs that cannot be chosen so, or no
    /// longer fit.</returns>
    /// <exception cref="InvalidOperationException">One does not compile.</exception>
    public static (byte[] Assembly, IReadOnlyCollection<Mutant> Left) CompileWoven(string assembly, IEnumerable<(Mutant Mutant, int Number)> mutants)
    {
        var sources = EmbeddedSources.Of(assembly);
        var left = new List<Mutant>();
        foreach (var file in mutants.GroupBy(one => one.Mutant.File))
        {
            if (sources.TryGetValue(file.Key, out var text))
            {
                sources[file.Key] = MutantWeaver.Weave(text, file, $"global::{ChooserOf(assembly)}.{Chosen}", left);
            }
            else
            {
                left.AddRange(file.Select(one => one.Mutant));
            }
        }

        sources[""] = $"internal static class {ChooserOf(assembly)} {{ internal static int {Chosen}; }}";
        return (Compile(assembly, sources, OptimizationLevel.Release, $"{assembly} with all mutants"), left);
    }

    /// <summary>The class of a woven assembly that has <see cref="Chosen"/>.</summary>
    public static string ChooserOf(string assembly) => $"ChosenMutantOf{assembly}";

    private static string TextOf(Mutant mutant, Dictionary<string, string> sources) => sources.TryGetValue(mutant.File, out var text)
        ? text
        : throw new InvalidOperationException(
            $"Mutant {mutant.Name} changes {mutant.File}, which {mutant.Assembly} no longer has; adapt the mutant.");

    private static byte[] Compile(string assembly, Dictionary<string, string> sources, OptimizationLevel level, string what)
    {
        var compilation = CSharpCompilation.Create(
            $"OrleansRaft.{assembly}",
            sources.Values.Append(Surroundings).Append(FriendsOf(assembly)).Select(text => CSharpSyntaxTree.ParseText(text, Parsing)),
            References(assembly),
            new CSharpCompilationOptions(
                OutputKind.DynamicallyLinkedLibrary,
                optimizationLevel: level,
                deterministic: true,
                nullableContextOptions: NullableContextOptions.Enable));

        using var bytes = new MemoryStream();
        CSharpGeneratorDriver.Create([LogMethods()], parseOptions: Parsing).RunGeneratorsAndUpdateCompilation(compilation, out var complete, out _);
        var emitted = complete.Emit(bytes);
        return emitted.Success
            ? bytes.ToArray()
            : throw new InvalidOperationException(
                $"{what} does not compile:\n"
                + string.Join('\n', emitted.Diagnostics.Where(one => one.Severity == DiagnosticSeverity.Error).Take(5)));
    }

    /// <summary>Who sees the internals of an assembly sees those of its mutants.</summary>
    private static string FriendsOf(string assembly) => string.Join(
        '\n',
        Assembly.Load(new AssemblyName($"OrleansRaft.{assembly}")).GetCustomAttributes<InternalsVisibleToAttribute>()
            .Select(static friend => $"[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"{friend.AssemblyName}\")]"));

    private static ISourceGenerator LogMethods()
    {
        var file = Path.Combine(AppContext.BaseDirectory, "generators", "Microsoft.Extensions.Logging.Generators.dll");
        var generator = Assembly.LoadFrom(file).GetType("Microsoft.Extensions.Logging.Generators.LoggerMessageGenerator", throwOnError: true)!;
        return ((IIncrementalGenerator)Activator.CreateInstance(generator)!).AsSourceGenerator();
    }

    private static IEnumerable<PortableExecutableReference> References(string assembly) =>
        Trusted.Where(one => !IsAbove(assembly, one.Name)).Select(one => one.Reference);

    /// <summary>Whether an assembly is the mutated one, or refers to it.</summary>
    private static bool IsAbove(string mutated, string name) => mutated switch
    {
        _ when !name.StartsWith("OrleansRaft.", StringComparison.Ordinal) => false,
        "Core" => true,
        "Runtime" => name != "OrleansRaft.Core",
        _ => name is not ("OrleansRaft.Core" or "OrleansRaft.Runtime"),
    };
}
