using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace OrleansRaft.Analyzers;

/// <summary>Reports types of replicated grains that logs and states could not hold, or not for long.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ContractAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => ImmutableArray.Create(Rules.Serializer, Rules.Alias);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            if (GrainTypes.Of(start.Compilation) is { } types)
            {
                start.RegisterSymbolAction(symbol => Analyze(symbol, types), SymbolKind.NamedType);
            }
        });
    }

    private static void Analyze(SymbolAnalysisContext context, GrainTypes types)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (types.IsInterface(type))
        {
            RequireAlias(context, types, type);
            foreach (var member in type.GetMembers())
            {
                if (member is IMethodSymbol { MethodKind: MethodKind.Ordinary } method)
                {
                    RequireAlias(context, types, method);
                    foreach (var parameter in method.Parameters)
                    {
                        RequireSerializer(context, types, parameter.Type, parameter.Locations);
                    }

                    if (method.ReturnType is INamedTypeSymbol { IsGenericType: true, Name: "Task" or "ValueTask" } task)
                    {
                        RequireSerializer(context, types, task.TypeArguments[0], method.Locations);
                    }
                }
            }
        }
        else if (!type.IsAbstract && types.StateOf(type, out var state))
        {
            RequireAlias(context, types, type);
            RequireSerializer(context, types, state!, type.Locations);
        }
    }

    private static void RequireAlias(SymbolAnalysisContext context, GrainTypes types, ISymbol symbol)
    {
        if (types.LacksAlias(symbol) && symbol.Locations.Length > 0)
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.Alias, symbol.Locations[0], symbol.Name));
        }
    }

    private static void RequireSerializer(SymbolAnalysisContext context, GrainTypes types, ITypeSymbol type, ImmutableArray<Location> locations)
    {
        if (types.LacksSerializer(type) && locations.Length > 0)
        {
            // Where the type is declared is what has to change.
            context.ReportDiagnostic(Diagnostic.Create(Rules.Serializer, locations[0], type.Locations, type.Name));
        }
    }
}
