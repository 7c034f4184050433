using System.Reflection;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>Which oraft this is. A command tells it to the server that it asks, and a server answers with its own.</summary>
internal static class OraftVersion
{
    /// <summary>The header of requests and answers that carries it.</summary>
    public const string Header = "Oraft-Version";

    /// <summary>This program's, without the commit that it was built from.</summary>
    public static string Own { get; } =
        typeof(OraftVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>What to say of a server of another version; null for one of this version, and for one that does not tell.</summary>
    public static string? Compare(Uri server, string? told) => told is null || told == Own
        ? null
        : $"oraft: {server} runs version {told}, and this is oraft {Own}: features that only one of them has are missing. Update the older one.";
}
