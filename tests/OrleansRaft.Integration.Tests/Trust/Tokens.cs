using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>An issuer of JWTs that a server knows by its settings.</summary>
internal static class Tokens
{
    private const string Issuer = "https://issuer.example";
    private const string Audience = "oraft-tests";

    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);

    /// <summary>What the server is told.</summary>
    public static IEnumerable<(string Name, string Value)> Settings =>
    [
        ("Authentication:Schemes:Bearer:ValidIssuer", Issuer),
        ("Authentication:Schemes:Bearer:ValidAudience", Audience),
        ("Authentication:Schemes:Bearer:SigningKeys:0:Issuer", Issuer),
        ("Authentication:Schemes:Bearer:SigningKeys:0:Value", Convert.ToBase64String(Secret)),
    ];

    /// <summary>Issues a token.</summary>
    public static string Issue(
        IEnumerable<string> roles,
        string audience = Audience,
        DateTime? expires = null,
        byte[]? secret = null) => new JsonWebTokenHandler().CreateToken(
        new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = audience,
            NotBefore = DateTime.UtcNow.AddDays(-2),
            Expires = expires ?? DateTime.UtcNow.AddDays(1),
            Subject = new ClaimsIdentity([new Claim("sub", "somebody"), .. roles.Select(role => new Claim("oraft", role))]),
            SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(secret ?? Secret), SecurityAlgorithms.HmacSha256),
        });
}
