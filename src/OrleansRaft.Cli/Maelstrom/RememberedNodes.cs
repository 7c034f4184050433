using System.Text.Json;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>Who belongs to a node's cluster, kept beside its log: whoever starts a node again need not introduce it once more.</summary>
internal static class RememberedNodes
{
    private const string FileName = "nodes.json";

    /// <summary>Notes the nodes; the file is replaced as a whole.</summary>
    /// <param name="directory">The node's own directory.</param>
    /// <param name="nodes">The names of all nodes, in order.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public static void Write(string directory, string[] nodes)
    {
        if (Read(directory) is { } known && known.SequenceEqual(nodes))
        {
            return;
        }

        var path = Path.Combine(directory, FileName);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(nodes));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>The nodes; null when nobody was introduced here yet, or the file is damaged, so that an introduction is needed.</summary>
    public static string[]? Read(string directory)
    {
        try
        {
            var path = Path.Combine(directory, FileName);
            return File.Exists(path) ? JsonSerializer.Deserialize<string[]>(File.ReadAllBytes(path)) : null;
        }
        catch (Exception failure) when (failure is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
