using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using OrleansRaft.Analyzers;

namespace OrleansRaft.Grains.Tests.Analyzers;

/// <summary>Code of an application, as the analyzers see it.</summary>
internal sealed class AnalyzedCode : IDisposable
{
    private const string Usings = """
        using System;
        using System.Collections.Concurrent;
        using System.Collections.Generic;
        using System.Collections.Immutable;
        using System.Diagnostics;
        using System.IO;
        using System.Linq;
        using System.Net.Http;
        using System.Threading;
        using System.Threading.Tasks;
        using Orleans;
        using Orleans.Concurrency;
        using OrleansRaft;

        """;

    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(static path => Path.GetFileName(path) is { } name && (name.StartsWith("System.", StringComparison.Ordinal)
                || name.StartsWith("Orleans.", StringComparison.Ordinal) || name.StartsWith("OrleansRaft.ReplicatedGrains", StringComparison.Ordinal)
                || name is "netstandard.dll" or "mscorlib.dll"))
            .Select(static path => MetadataReference.CreateFromFile(path)),
    ];

    private readonly AdhocWorkspace workspace = new();

    private AnalyzedCode(string text) => Document = workspace
        .AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(),
            VersionStamp.Default,
            "application",
            "application",
            LanguageNames.CSharp,
            compilationOptions: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary),
            metadataReferences: References))
        .AddDocument("Code.cs", Usings + text);

    public Document Document { get; }

    /// <summary>A method of a replicated grain.</summary>
    public static AnalyzedCode Method(string body, string members = "") => new($$"""
        namespace Shop
        {
            [Alias("c")]
            public interface ICart : IReplicatedGrain
            {
                [Alias("a")]
                Task<int> Add(int pieces);
            }

            [GenerateSerializer]
            public sealed class CartState
            {
                [Id(0)]
                public int Pieces { get; set; }

                [Id(1)]
                public Dictionary<string, int> Names { get; set; } = new();

                [Id(2)]
                public List<string> List { get; set; } = new();
            }

            public static class Settings
            {
                public static int Limit = 3;
                public const int Most = 4;
                public static readonly ImmutableArray<int> Fixed = ImmutableArray.Create(1);
                public static readonly List<int> Loose = new();
                public static int Rate { get; set; }
            }

            [Alias("cart")]
            public sealed class Cart : ReplicatedGrain<CartState>, ICart
            {
                {{members}}

                public async Task<int> Add(int pieces)
                {
                    {{body}}
                    return State.Pieces;
                }
            }
        }
        """);

    public static AnalyzedCode Text(string text) => new(text);

    public async Task<ImmutableArray<Diagnostic>> DiagnoseAsync()
    {
        var compilation = (await Document.Project.GetCompilationAsync())!;
        compilation.GetDiagnostics().Where(static one => one.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
        return await compilation.WithAnalyzers([new DeterminismAnalyzer(), new ContractAnalyzer()]).GetAnalyzerDiagnosticsAsync();
    }

    /// <summary>The code after the fix of the one diagnostic.</summary>
    public async Task<string> FixAsync(CodeFixProvider provider)
    {
        var diagnostic = (await DiagnoseAsync()).ShouldHaveSingleItem();
        CodeAction? action = null;
        await provider.RegisterCodeFixesAsync(new CodeFixContext(Document, diagnostic, (one, _) => action ??= one, CancellationToken.None));
        var operations = await action.ShouldNotBeNull().GetOperationsAsync(CancellationToken.None);
        var changed = operations.OfType<ApplyChangesOperation>().Single().ChangedSolution.GetDocument(Document.Id)!;
        return (await changed.GetTextAsync()).ToString();
    }

    public void Dispose() => workspace.Dispose();
}
