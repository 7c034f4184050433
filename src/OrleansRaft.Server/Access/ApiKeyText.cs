using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace OrleansRaft.Server.Access;

/// <summary>
/// An API key as its bearer holds it: <c>oraft_</c>, an id of ten hexadecimal digits, <c>_</c>, and a secret of 64. The id may be told to
/// anybody; of the secret the cluster keeps a hash. It is as random as the hash is long, so nothing slower than SHA-256 protects it better.
/// </summary>
/// <param name="Id">The id.</param>
/// <param name="Hash">SHA-256 of the secret: 32 bytes.</param>
internal readonly record struct ApiKeyText(string Id, ReadOnlyMemory<byte> Hash)
{
    /// <summary>How every key begins.</summary>
    public const string Prefix = "oraft_";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    private const int IdBytes = 5;
    private const int SecretBytes = 32;
    private const int Length = 6 + (2 * IdBytes) + 1 + (2 * SecretBytes);

    /// <summary>The id; empty in a default value.</summary>
    public string Id { get => field ?? ""; init; } = Id;

    /// <summary>Makes a new key.</summary>
    /// <returns>The key, to be told to its bearer once.</returns>
    public static string New() =>
        $"{Prefix}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes))}_"
            + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>Reads a key.</summary>
    /// <param name="text">The text, without anything around it.</param>
    /// <exception cref="FormatException">It has not the form of a key.</exception>
    public static ApiKeyText Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var key) ? key : throw new FormatException($"An API key begins with {Prefix} and has {Length} characters.");

    /// <summary>Reads a key.</summary>
    /// <param name="text">The text.</param>
    /// <param name="key">What can be known of it.</param>
    /// <returns>Whether it has the form of a key.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out ApiKeyText key)
    {
        key = default;
        if (text.Length != Length || !text.StartsWith(Prefix, StringComparison.Ordinal) || text[Prefix.Length + (2 * IdBytes)] != '_')
        {
            return false;
        }

        var id = text.Slice(Prefix.Length, 2 * IdBytes);
        var secret = text[^(2 * SecretBytes)..];
        if (!IsHex(id) || !IsHex(secret))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[2 * SecretBytes];
        Encoding.ASCII.GetBytes(secret, bytes);
        key = new ApiKeyText(id.ToString(), SHA256.HashData(bytes));
        return true;
    }

    private static bool IsHex(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Digits);
}
