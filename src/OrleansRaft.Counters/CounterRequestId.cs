using System.Security.Cryptography;
using System.Text;
using OrleansRaft.Runtime;

namespace OrleansRaft.Counters;

/// <summary>
/// The id under which a group remembers a request with an idempotency key: a key belongs to one counter and method, so the id is made of all three.
/// </summary>
public static class CounterRequestId
{
    private const char Hashed = '#';

    /// <summary>The id of a key within its scope.</summary>
    /// <param name="method">Such as <c>POST</c>.</param>
    /// <param name="counter">Which counter.</param>
    /// <param name="key">What the client chose.</param>
    public static string Of(string method, CounterKey counter, string key)
    {
        var id = $"{method} {counter} {key}";

        // Only the longest names with the longest key do not fit; no method begins with '#', so the two forms never meet.
        return id.Length <= CommandEnvelope.RequestIdLengthMax ? id : $"{Hashed}{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))}";
    }

    /// <summary>The tenant in an id; for those with the longest names one scope for all of them; nothing for ids of another form.</summary>
    internal static ReadOnlySpan<byte> TenantOf(ReadOnlySpan<byte> id)
    {
        if (id is [(byte)Hashed, ..])
        {
            return id[..1];
        }

        var rest = id[(id.IndexOf((byte)' ') + 1)..];
        return rest.Length < id.Length && rest.IndexOf((byte)'/') is > 0 and var end ? rest[..end] : default;
    }
}
