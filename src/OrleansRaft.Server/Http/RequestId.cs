using System.Security.Cryptography;
using System.Text;
using OrleansRaft.Runtime;

namespace OrleansRaft.Server.Http;

/// <summary>
/// The id under which a group remembers a request with an idempotency key: a key belongs to one scope and method, so the id is made of all three.
/// </summary>
public static class RequestId
{
    /// <summary>The first character of an id that is a hash: <c>method scope key</c> was too long. No method begins with it.</summary>
    public const char Hashed = '#';

    /// <summary>The id of a key within its scope.</summary>
    /// <param name="method">Such as <c>POST</c>.</param>
    /// <param name="scope">
    /// What the key belongs to. The same key in two scopes names two requests, so applications whose requests may reach one group choose scopes that
    /// differ, such as names of their resources.
    /// </param>
    /// <param name="key">What the client chose.</param>
    public static string Of(string method, string scope, string key)
    {
        var id = $"{method} {scope} {key}";
        return id.Length <= CommandEnvelope.RequestIdLengthMax
            ? id
            : $"{Hashed}{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))}";
    }
}
