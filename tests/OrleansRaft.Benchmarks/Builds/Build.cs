namespace OrleansRaft.Benchmarks.Builds;

/// <summary>A build of <c>oraft</c> that is measured.</summary>
/// <param name="Name">Its name in figures.</param>
/// <param name="Program">The path of its <c>oraft.dll</c>.</param>
internal sealed record Build(string Name, string Program)
{
    /// <summary>Reads <c>name=path</c>, or a path alone.</summary>
    /// <exception cref="FormatException">There is no such build.</exception>
    public static Build Parse(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        var path = text[(at + 1)..];
        var program = Directory.Exists(path) ? Path.Combine(path, "oraft.dll") : path;
        if (!File.Exists(program))
        {
            throw new FormatException(
                $"'{text}' names no build: there is no file '{program}'. "
                + "Give NAME=FOLDER, where FOLDER is what 'dotnet publish -c Release src/OrleansRaft.Cli -o FOLDER' made.");
        }

        return new Build(at > 0 ? text[..at] : Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(program))) ?? text, Path.GetFullPath(program));
    }
}
