using Microsoft.CodeAnalysis;

namespace OrleansRaft.Analyzers;

/// <summary>The types by which replicated grains are known, in one compilation.</summary>
internal sealed class GrainTypes
{
    private readonly INamedTypeSymbol grain;
    private readonly INamedTypeSymbol marker;
    private readonly INamedTypeSymbol? serializer;
    private readonly INamedTypeSymbol? alias;

    private GrainTypes(INamedTypeSymbol grain, INamedTypeSymbol marker, Compilation compilation)
    {
        this.grain = grain;
        this.marker = marker;
        serializer = compilation.GetTypeByMetadataName("Orleans.GenerateSerializerAttribute");
        alias = compilation.GetTypeByMetadataName("Orleans.AliasAttribute");
    }

    /// <summary>Those of a compilation; null where it has none.</summary>
    public static GrainTypes? Of(Compilation compilation) =>
        compilation.GetTypeByMetadataName("OrleansRaft.ReplicatedGrain") is { } grain
            && compilation.GetTypeByMetadataName("OrleansRaft.IReplicatedGrain") is { } marker
            ? new GrainTypes(grain, marker, compilation)
            : null;

    /// <summary>Whether a type is a class of replicated grains, or lies within one.</summary>
    public bool IsInGrain(ITypeSymbol? type)
    {
        for (var outer = type; outer is not null; outer = outer.ContainingType)
        {
            if (StateOf(outer, out _) || IsGrain(outer))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a type is a class of replicated grains.</summary>
    public bool IsGrain(ITypeSymbol? type)
    {
        for (var one = type; one is not null; one = one.BaseType)
        {
            if (SymbolEqualityComparer.Default.Equals(one.OriginalDefinition, grain))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a type is the interface of replicated grains.</summary>
    public bool IsInterface(ITypeSymbol? type) =>
        type is { TypeKind: TypeKind.Interface } && !SymbolEqualityComparer.Default.Equals(type, marker)
            && System.Linq.Enumerable.Any(type.AllInterfaces, one => SymbolEqualityComparer.Default.Equals(one, marker));

    /// <summary>The type of the states of a class.</summary>
    public bool StateOf(ITypeSymbol type, out ITypeSymbol? state)
    {
        for (var one = type.BaseType; one is not null; one = one.BaseType)
        {
            if (one is { IsGenericType: true, Name: "ReplicatedGrain" } && IsGrain(one))
            {
                state = one.TypeArguments[0];
                return true;
            }
        }

        state = null;
        return false;
    }

    /// <summary>Whether a type declared here lacks what makes Orleans serialize it.</summary>
    public bool LacksSerializer(ITypeSymbol type) =>
        type is INamedTypeSymbol { DeclaringSyntaxReferences.Length: > 0, TypeKind: TypeKind.Class or TypeKind.Struct } && !Has(type, serializer);

    /// <summary>Whether a symbol has no alias.</summary>
    public bool LacksAlias(ISymbol symbol) => !Has(symbol, alias);

    private static bool Has(ISymbol symbol, INamedTypeSymbol? attribute) =>
        System.Linq.Enumerable.Any(symbol.GetAttributes(), one => SymbolEqualityComparer.Default.Equals(one.AttributeClass, attribute));
}
