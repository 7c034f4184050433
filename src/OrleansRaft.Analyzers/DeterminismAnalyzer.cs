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

    // Of Enumerable: what they make of a sequence without an order has none either.
    private static readonly ImmutableHashSet<string> KeepingOrder = ImmutableHashSet.Create(
        "AsEnumerable", "Cast", "OfType", "Where", "Select", "SelectMany", "Distinct", "DistinctBy", "Union", "UnionBy", "Intersect", "IntersectBy",
        "Except", "ExceptBy", "Concat", "Append", "Prepend", "DefaultIfEmpty", "GroupBy", "Join", "Index", "Reverse");

    // Of Enumerable: what they answer depends on the order. Sum, Count, Any, Max and the like do not.
    private static readonly ImmutableHashSet<string> ShowingOrder = ImmutableHashSet.Create(
        "First", "FirstOrDefault", "Last", "LastOrDefault", "ElementAt", "ElementAtOrDefault", "Take", "TakeLast", "TakeWhile", "Skip", "SkipLast",
        "SkipWhile", "Aggregate", "Zip", "SequenceEqual", "Chunk", "ToList", "ToArray", "ToImmutableArray", "ToImmutableList");

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
                    OperationKind.Spread,
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
                ReportOrder(context, invocation);
                break;
            case IMethodReferenceOperation method:
                ReportMember(context, method.Method);
                break;
            case IObjectCreationOperation { Constructor: { } constructor } creation:
                ReportMember(context, constructor);
                if (IsListOf(context.Operation.Type) && creation.Arguments.Length == 1 && !IsSortedLater(creation))
                {
                    ReportUnordered(context, creation.Arguments[0].Value);
                }

                break;
            case ISpreadOperation { Parent: ICollectionExpressionOperation collection } spread
                when !UnorderedTypes.Contains(collection.Type?.Name ?? "") && !IsSortedLater(collection):
                ReportUnordered(context, spread.Operand);
                break;
            case IAwaitOperation wait when !IsComplete(wait.Operation, types):
                Report(context, Rules.ForeignAwait, wait.Operation.Syntax.ToString());
                break;
            case IForEachLoopOperation loop:
                ReportUnordered(context, loop.Collection);
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

    /// <summary>A call whose result, or whose effect, depends on the order of what it is given.</summary>
    private static void ReportOrder(OperationAnalysisContext context, IInvocationOperation call)
    {
        var method = call.TargetMethod;
        if (IsOfLinq(method))
        {
            // What goes on to a loop, or to another call, is reported there.
            if (ShowingOrder.Contains(method.Name) && call.Arguments.Length > 0 && !IsSource(call) && !IsSortedLater(call))
            {
                ReportUnordered(context, call.Arguments[0].Value);
            }
        }
        else if (TakesOrder(method))
        {
            ReportUnordered(context, call.Arguments[call.Arguments.Length - 1].Value);
        }
    }

    private static void ReportUnordered(OperationAnalysisContext context, IOperation sequence)
    {
        if (RootOf(sequence) is { } root)
        {
            context.ReportDiagnostic(Diagnostic.Create(Rules.Unordered, root.Syntax.GetLocation(), root.Syntax.ToString()));
        }
    }

    /// <summary>The unordered collection that a sequence comes from; null when the sequence has an order.</summary>
    private static IOperation? RootOf(IOperation sequence)
    {
        var operation = Unwrap(sequence);
        return operation switch
        {
            IPropertyReferenceOperation { Property: { Name: "Keys" or "Values" } part } =>
                UnorderedTypes.Contains(part.ContainingType.Name) ? operation : null,
            IInvocationOperation { TargetMethod: var method, Arguments.Length: > 0 } call
                when IsOfLinq(method) && (KeepingOrder.Contains(method.Name) || ShowingOrder.Contains(method.Name)) =>
                RootOf(call.Arguments[0].Value),
            _ => UnorderedTypes.Contains(operation.Type?.Name ?? "") ? operation : null,
        };
    }

    private static bool IsOfLinq(IMethodSymbol method) => method.ContainingType is { Name: "Enumerable" or "ImmutableArray" or "ImmutableList" };

    private static bool IsListOf(ITypeSymbol? type) => type?.Name is "List" or "Queue" or "Stack" or "LinkedList";

    /// <summary>Whether what a call of LINQ makes is but the source of another one, or of a loop.</summary>
    private static bool IsSource(IInvocationOperation call)
    {
        IOperation? parent = call.Parent;
        while (parent is IConversionOperation)
        {
            parent = parent.Parent;
        }

        return parent is IForEachLoopOperation
            || (parent is IArgumentOperation { Parent: IInvocationOperation { TargetMethod: var method } outer } argument
                && (TakesOrder(method)
                    || (outer.Arguments[0] == argument
                        && IsOfLinq(method)
                        && (KeepingOrder.Contains(method.Name) || ShowingOrder.Contains(method.Name)))));
    }

    /// <summary>Whether a method that is none of LINQ puts what it is given one after another.</summary>
    private static bool TakesOrder(IMethodSymbol method) =>
        method is { ContainingType.SpecialType: SpecialType.System_String, Name: "Join" or "Concat" }
        || (method.Name is "AddRange" or "InsertRange" && IsListOf(method.ContainingType));

    /// <summary>Whether a list is kept in a variable that is sorted in the same method.</summary>
    private static bool IsSortedLater(IOperation list)
    {
        IOperation? parent = list.Parent;
        while (parent is IConversionOperation or IVariableInitializerOperation)
        {
            parent = parent.Parent;
        }

        if (parent is not IVariableDeclaratorOperation { Symbol: var variable })
        {
            return false;
        }

        while (parent.Parent is { } above)
        {
            parent = above;
        }

        return parent.Descendants().OfType<IInvocationOperation>().Any(call => call.TargetMethod.Name == "Sort"
            && (IsVariable(call.Instance, variable) || (call.Arguments.Length > 0 && IsVariable(call.Arguments[0].Value, variable))));
    }

    private static bool IsVariable(IOperation? operation, ILocalSymbol variable) =>
        operation is not null
        && Unwrap(operation) is ILocalReferenceOperation { Local: var local }
        && SymbolEqualityComparer.Default.Equals(local, variable);

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
