namespace OrleansRaft.Integration.Tests.Architecture;

/// <summary>The folder that the tests were built in; the compiler's own idea of it is a placeholder in builds that can be reproduced.</summary>
internal static class SourceTree
{
    /// <summary>The path of the repository's top folder.</summary>
    public static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "OrleansRaft.sln")))
        {
            directory = directory.Parent ?? throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} holds OrleansRaft.sln.");
        }

        return directory.FullName;
    }
}
