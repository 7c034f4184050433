using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace OrleansRaft.Analyzers;

/// <summary>What replicated grains must not use.</summary>
internal static class Banned
{
    private static readonly ImmutableHashSet<string> Clocks = ImmutableHashSet.Create(
        "System.DateTime.Now",
        "System.DateTime.UtcNow",
        "System.DateTime.Today",
        "System.DateTimeOffset.Now",
        "System.DateTimeOffset.UtcNow",
        "System.Environment.TickCount",
        "System.Environment.TickCount64",
        "System.TimeProvider.System",
        "System.TimeProvider.GetUtcNow",
        "System.TimeProvider.GetLocalNow",
        "System.TimeProvider.GetTimestamp",
        "System.TimeZoneInfo.Local");

    private static readonly ImmutableHashSet<string> Random = ImmutableHashSet.Create(
        "System.Random.Shared",
        "System.Guid.NewGuid",
        "System.Guid.CreateVersion7",
        "System.IO.Path.GetRandomFileName",
        "System.HashCode.Combine",
        "System.HashCode.ToHashCode",
        "System.String.GetHashCode",
        "string.GetHashCode",
        "System.Object.GetHashCode",
        "object.GetHashCode");

    private static readonly ImmutableHashSet<string> Surroundings = ImmutableHashSet.Create(
        "System.Threading.Tasks.Task.Run",
        "System.Threading.Tasks.Task.Delay",
        "System.Threading.Tasks.Task.Yield",
        "System.Threading.Tasks.Task.Wait",
        "System.Threading.Tasks.TaskFactory.StartNew",
        "System.Environment.MachineName",
        "System.Environment.ProcessId",
        "System.Environment.ProcessorCount",
        "System.Environment.CurrentDirectory",
        "System.Environment.UserName",
        "System.Environment.CurrentManagedThreadId",
        "System.Environment.GetEnvironmentVariable",
        "System.Environment.GetEnvironmentVariables",
        "System.Environment.GetCommandLineArgs",
        "System.Environment.Exit",
        "System.Environment.FailFast",
        "System.Globalization.CultureInfo.CurrentCulture",
        "System.Globalization.CultureInfo.CurrentUICulture");

    private static readonly ImmutableHashSet<string> ClockTypes = ImmutableHashSet.Create("System.Diagnostics.Stopwatch");

    private static readonly ImmutableHashSet<string> RandomTypes = ImmutableHashSet.Create(
        "System.Random", "System.Security.Cryptography.RandomNumberGenerator");

    private static readonly ImmutableHashSet<string> SurroundingTypes = ImmutableHashSet.Create(
        "System.IO.File",
        "System.IO.FileInfo",
        "System.IO.FileStream",
        "System.IO.Directory",
        "System.IO.DirectoryInfo",
        "System.IO.DriveInfo",
        "System.Console",
        "System.Diagnostics.Process",
        "System.Threading.Thread",
        "System.Threading.ThreadPool",
        "System.Threading.Timer",
        "System.Threading.Tasks.Parallel",
        "System.AppContext",
        "System.GC",
        "System.Runtime.GCSettings",
        "Orleans.IGrainFactory",
        "Orleans.IClusterClient",
        "OrleansRaft.ReplicatedGrainFactoryExtensions");

    private static readonly ImmutableHashSet<string> SurroundingSpaces = ImmutableHashSet.Create(
        "System.Net", "System.Net.Http", "System.Net.Sockets", "System.IO.Pipes", "System.Data", "System.Data.Common");

    /// <summary>The rule that a member breaks; null when it breaks none.</summary>
    public static DiagnosticDescriptor? RuleOf(ISymbol member)
    {
        var type = member.ContainingType?.OriginalDefinition;
        if (type is null)
        {
            return null;
        }

        var typeName = type.ToDisplayString();
        var name = $"{typeName}.{member.Name}";
        return Clocks.Contains(name) || ClockTypes.Contains(typeName) ? Rules.Clock
            : Random.Contains(name) ? Rules.Randomness
            : RandomTypes.Contains(typeName) ? RuleOfRandom(member)
            : Surroundings.Contains(name) || SurroundingTypes.Contains(typeName) || IsOfSurroundingSpace(type) ? Rules.Surroundings
            : null;
    }

    /// <summary>Numbers of a generator are as good as the generator: only where one comes from is looked at, and one with a seed is.</summary>
    private static DiagnosticDescriptor? RuleOfRandom(ISymbol member) => member switch
    {
        IMethodSymbol { MethodKind: MethodKind.Constructor, Parameters.Length: 0 } => Rules.Randomness,
        IMethodSymbol { IsStatic: true } => Rules.Randomness,
        _ => null,
    };

    private static bool IsOfSurroundingSpace(INamedTypeSymbol type) =>
        type.TypeKind is TypeKind.Class or TypeKind.Interface && !type.IsAbstract
        && SurroundingSpaces.Contains(type.ContainingNamespace.ToDisplayString())
        && type.Name is not ("IPAddress" or "IPEndPoint" or "HttpStatusCode");
}
