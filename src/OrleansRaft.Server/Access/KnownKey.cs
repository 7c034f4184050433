using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using OrleansRaft.Grains.Catalogue;

namespace OrleansRaft.Server.Access;

/// <summary>A key that is in force, with who its bearer is.</summary>
internal sealed class KnownKey
{
    /// <summary>The type of authentication.</summary>
    public const string AuthenticationType = "oraft-key";

    private readonly AccessKey key;

    /// <summary>Prepares a key.</summary>
    public KnownKey(AccessKey key)
    {
        this.key = key;
        Bearer = new ClaimsPrincipal(new ClaimsIdentity(
            [
                new Claim(ClaimTypes.Name, $"{key.Name} ({key.Id})"),
                new Claim(ClaimTypes.NameIdentifier, key.Id),
                .. Grants.Of(key.Role, key.Tenants),
            ],
            AuthenticationType));
        Recognized = Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(Bearer, AccessSchemes.Key)));
    }

    /// <summary>Who its bearer is.</summary>
    public ClaimsPrincipal Bearer { get; }

    /// <summary>What ASP.NET is told of its bearer.</summary>
    public Task<AuthenticateResult> Recognized { get; }

    /// <summary>Whether a secret is the key's, compared without telling by the time that it takes how much of it is.</summary>
    public bool IsOpenedBy(ApiKeyText text) => CryptographicOperations.FixedTimeEquals(key.Hash.Span, text.Hash.Span);

    /// <summary>Whether its time is over.</summary>
    public bool IsExpired(DateTimeOffset now) => key.ExpiresAt <= now;
}
