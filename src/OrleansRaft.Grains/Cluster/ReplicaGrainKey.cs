using System.Globalization;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Cluster;

/// <summary>The text form of a <see cref="ReplicaKey"/>: the key of its grain.</summary>
internal static class ReplicaGrainKey
{
    /// <summary>Reads <c>group/replica</c>.</summary>
    /// <returns>Null when the text is something else.</returns>
    public static ReplicaKey? Parse(string text)
    {
        var slash = text.LastIndexOf('/');
        return slash > 0 && long.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var replica) && replica > 0
            ? new ReplicaKey(text[..slash], new ReplicaId(replica))
            : null;
    }
}
