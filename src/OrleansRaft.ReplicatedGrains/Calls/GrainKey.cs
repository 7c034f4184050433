using System.Text;
using OrleansRaft.Client;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>What a key or partition of a replicated grain must be like.</summary>
internal static class GrainKey
{
    /// <summary>The longest key or partition, in bytes of UTF-8: two of them, and the name of a class, are one key of a keyed state.</summary>
    public const int BytesMax = 400;

    /// <exception cref="ArgumentException">It is null, empty, too long or malformed.</exception>
    public static string Require(string? key, string parameter)
    {
        ArgumentNullException.ThrowIfNull(key, parameter);
        return FindProblem(key) is { } problem ? throw new ArgumentException(problem, parameter) : key;
    }

    /// <summary>A sentence about what is wrong; null when nothing is.</summary>
    public static string? FindProblem(string key) =>
        key.Length == 0 ? "A replicated grain has a key; use 1 to 400 bytes of UTF-8."
        : Encoding.UTF8.GetByteCount(key) is > BytesMax and var length
            ? $"The key or partition of a replicated grain has at most {BytesMax} bytes of UTF-8, and this one has {length}; use a shorter one."
        : RequestRules.FindProblem(key, null);
}
