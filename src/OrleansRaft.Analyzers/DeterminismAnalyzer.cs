using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace OrleansRaft.Analyzers;

/// <summary>Reports what the code of a replicated grain must not do, because it would not be the same on every replica.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class DeterminismAnalyzer : DiagnosticAnalyzer
{
    private static readonly ImmutableHashSet<string> UnorderedTypes = ImmutableHashSet.Create(
        "Dictionary", "HashSet", "ConcurrentDictionary", "ImmutableDictionary", "ImmutableHashSet", "FrozenDictionary", "FrozenSet", "Hashtable");

    private static readonly ImmutableHashSet<string> MutableTypes = ImmutableHashSet.Create(
        "Dictionary", "HashSet", "ConcurrentDictionary", "ConcurrentQueue", "ConcurrentBag", "List", "Queue", "Stack", "SortedDictionary",
        "SortedSet", "StringBuilder", "Hashtable", "Random");

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => ImmutableArray.Create(
        Rules.Clock, Rules.Randomness, Rules.Surroundings, Rules.ForeignAwait, Rules.StaticState, Rules.Unordered);

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            if (GrainTypes.Of(start.Compilation) is { } types)
            {
                start.RegisterOperationAction(
                    operation => Analyze(operation, types),
                    OperationKind.PropertyReference,
                    OperationKind.FieldReference,
                    OperationKind.Invocation,
                    OperationKind.MethodReference,
                    OperationKind.ObjectCreation,
                    OperationKind.Await,
                    OperationKind.Loop);
            }
        });
    }

    private static void Analyze(OperationAnalysisContext context, GrainTypes types)
    {
        if (!types.IsInGrain(context.ContainingSymbol as ITypeSymbol ?? context.ContainingSymbol.ContainingType))
        {
            return;
        }

        switch (context.Operation)
        {
            case IPropertyReferenceOperation property:
                ReportMember(context, property.Property);
                ReportStatic(
                    context, property.Property, isReadOnly: property.Property.SetMethod is null or { IsInitOnly: true }, property.Property.Type);
                break;
            case IFieldReferenceOperation field:
                ReportStatic(context, field.Field, field.Field.IsReadOnly || field.Field.IsConst, field.Field.Type);
                break;
            case IInvocationOperation invocation:
                ReportMember(context, invocation.TargetMethod);
                break;
            case IMethodReferenceOperation method:
                ReportMember(context, method.Method);
                break;
            case IObjectCreationOperation { Constructor: { } constructor }:
                ReportMember(context, constructor);
                break;
            case IAwaitOperation wait when !IsComplete(wait.Operation, types):
                Report(context, Rules.ForeignAwait, wait.Operation.Syntax.ToString());
                break;
            case IForEachLoopOperation loop when IsUnordered(Unwrap(loop.Collection)):
                context.ReportDiagnostic(Diagnostic.Create(Rules.Unordered, loop.Collection.Syntax.GetLocation(), loop.Collection.Syntax.ToString()));
                break;
        }
    }

    private static void ReportMember(OperationAnalysisContext context, ISymbol member)
    {
        if (Banned.RuleOf(member) is { } rule)
        {
            var owner = member.ContainingType.Name;
            Report(context, rule, member is IMethodSymbol { MethodKind: MethodKind.Constructor } ? $"new {owner}" : $"{owner}.{member.Name}");
        }
    }

    private static void ReportStatic(OperationAnalysisContext context, ISymbol member, bool isReadOnly, ITypeSymbol type)
    {
        // What the framework has of its own, such as DateTime.MinValue, is none of the application's state.
        if (member.IsStatic && member.ContainingType.TypeKind != TypeKind.Enum && member.DeclaringSyntaxReferences.Length > 0
            && (!isReadOnly || type.TypeKind == TypeKind.Array || MutableTypes.Contains(type.Name)))
        {
            Report(context, Rules.StaticState, $"{member.ContainingType.Name}.{member.Name}");
        }
    }

    /// <summary>A call of another grain of the partition, of the class itself, or something that is complete by its nature.</summary>
    private static bool IsComplete(IOperation awaited, GrainTypes types)
    {
        var operation = Unwrap(awaited);
        return operation switch
        {
            IInvocationOperation { TargetMethod: { Name: "ConfigureAwait" } } invocation when invocation.Instance is { } instance =>
                IsComplete(instance, types),
            IInvocationOperation invocation => types.IsInterface(invocation.TargetMethod.ContainingType)
                || types.IsGrain(invocation.TargetMethod.ContainingType)
                || invocation.TargetMethod is { Name: "FromResult" or "FromException", ContainingType.Name: "Task" or "ValueTask" }
                || invocation.TargetMethod.MethodKind == MethodKind.LocalFunction,
            IPropertyReferenceOperation { Property.Name: "CompletedTask" } => true,
            IObjectCreationOperation { Type.Name: "ValueTask" } => true,
            IDefaultValueOperation => true,
            _ => false,
        };
    }

    private static bool IsUnordered(IOperation collection)
    {
        if (collection is IPropertyReferenceOperation { Property: { Name: "Keys" or "Values" } } part)
        {
            return part.Property.ContainingType is { } owner && UnorderedTypes.Contains(owner.Name);
        }

        return collection.Type is { } type && UnorderedTypes.Contains(type.Name);
    }

    private static IOperation Unwrap(IOperation operation)
    {
        while (operation is IConversionOperation { IsImplicit: true } conversion)
        {
            operation = conversion.Operand;
        }

        return operation;
    }

    private static void Report(OperationAnalysisContext context, DiagnosticDescriptor rule, string what) =>
        context.ReportDiagnostic(Diagnostic.Create(rule, context.Operation.Syntax.GetLocation(), what));
}
