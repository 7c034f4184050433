using System.Security.Claims;
using OrleansRaft.Grains.Catalogue;

namespace OrleansRaft.Server.Access;

/// <summary>What somebody may do, as claims of the type <see cref="ClaimType"/>: each <c>ROLE</c>, or <c>ROLE:TENANT</c>.</summary>
internal static class Grants
{
    /// <summary>The type of the claims.</summary>
    public const string ClaimType = "oraft";

    private static readonly (string Name, AccessRole Role)[] Names =
    [
        ("reader", AccessRole.Reader), ("writer", AccessRole.Writer), ("operator", AccessRole.Operator), ("admin", AccessRole.Admin),
    ];

    /// <summary>The words for roles, from the least to the greatest.</summary>
    public static IEnumerable<string> RoleNames => Names.Select(static named => named.Name);

    /// <summary>A role's word.</summary>
    public static string NameOf(AccessRole role) => Array.Find(Names, named => named.Role == role).Name ?? "none";

    /// <summary>The role that a word names; none when it names no role.</summary>
    public static AccessRole RoleOf(string name) => Array.Find(Names, named => named.Name == name).Role;

    /// <summary>The claims of a key.</summary>
    public static IEnumerable<Claim> Of(AccessRole role, IReadOnlyList<string> tenants) => tenants.Count == 0
        ? [new Claim(ClaimType, NameOf(role))]
        : tenants.Select(tenant => new Claim(ClaimType, $"{NameOf(role)}:{tenant}"));

    /// <summary>Whether somebody has a role, of all tenants or of one.</summary>
    /// <param name="user">Who.</param>
    /// <param name="role">The role, or a greater one.</param>
    /// <param name="tenant">The tenant that is asked about; null where it is not about one.</param>
    public static bool Has(ClaimsPrincipal user, AccessRole role, string? tenant)
    {
        foreach (var claim in user.Claims)
        {
            if (claim.Type == ClaimType && Covers(claim.Value, role, tenant))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Covers(string grant, AccessRole role, string? tenant)
    {
        var colon = grant.IndexOf(':', StringComparison.Ordinal);
        return colon < 0
            ? RoleOf(grant) >= role && RoleOf(grant) > AccessRole.None
            : tenant is not null && RoleOf(grant[..colon]) >= role && grant.AsSpan(colon + 1).SequenceEqual(tenant);
    }
}
