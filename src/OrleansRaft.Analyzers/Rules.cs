using Microsoft.CodeAnalysis;

namespace OrleansRaft.Analyzers;

/// <summary>Every rule. Ids are public: never reuse or renumber one.</summary>
internal static class Rules
{
    private const string Category = "OrleansRaft.Determinism";

    public static readonly DiagnosticDescriptor Clock = Make(
        "ORAFT0001", "A replicated grain reads a clock", "'{0}' differs from replica to replica; use Context.Time, which is the same on all of them");

    public static readonly DiagnosticDescriptor Randomness = Make(
        "ORAFT0002", "A replicated grain uses randomness", "'{0}' differs from replica to replica; use Context.Random or Context.NewGuid()");

    public static readonly DiagnosticDescriptor Surroundings = Make(
        "ORAFT0003",
        "A replicated grain uses its surroundings",
        "'{0}' reaches beyond the grain's state, and every replica would do it, now and when it applies its log again; do it in an ordinary grain "
            + "or in the caller, "
            + "and pass what comes of it as an argument");

    public static readonly DiagnosticDescriptor ForeignAwait = Make(
        "ORAFT0004",
        "A replicated grain awaits what may not be complete",
        "'{0}' may not be complete, and a call that has not completed when it returns halts the replica; await only calls by Local()");

    public static readonly DiagnosticDescriptor StaticState = Make(
        "ORAFT0005",
        "A replicated grain uses static state that changes",
        "'{0}' may change, and is another thing on each silo; keep it in the state, or make it readonly and immutable");

    public static readonly DiagnosticDescriptor Unordered = Make(
        "ORAFT0006",
        "A replicated grain goes through an unordered collection",
        "The order of '{0}' is not defined; sort what you go through, or use a sorted collection, if the order matters to the state or the result");

    public static readonly DiagnosticDescriptor Serializer = Make(
        "ORAFT0007",
        "A type of a replicated grain has no serializer",
        "'{0}' has no [GenerateSerializer], so Orleans cannot keep it; put it on the type, and [Id] on its members");

    public static readonly DiagnosticDescriptor Alias = Make(
        "ORAFT0008",
        "A name that logs or states hold has no alias",
        "'{0}' has no [Alias]: logs and states hold its name, so that it could never be renamed");

    private static DiagnosticDescriptor Make(string id, string title, string message) => new(
        id,
        title,
        message,
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: "https://www.nuget.org/packages/OrleansRaft.ReplicatedGrains#readme-body-tab");
}
