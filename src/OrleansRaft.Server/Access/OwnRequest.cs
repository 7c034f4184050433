using System.Security.Claims;
using Microsoft.AspNetCore.Http.Features;
using OrleansRaft.Grains.Catalogue;

namespace OrleansRaft.Server.Access;

/// <summary>
/// A feature of requests that the process makes of itself, in memory, such as those that make the runtime compile what serves them: they need no key,
/// and may read. No request that arrives on a connection has it.
/// </summary>
internal sealed class OwnRequest
{
    private OwnRequest()
    {
    }

    /// <summary>Who makes such a request.</summary>
    internal static ClaimsPrincipal Reader { get; } = new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, "this silo itself"), .. Grants.Of(AccessRole.Reader, [])], KnownKey.AuthenticationType));

    /// <summary>Marks a request.</summary>
    /// <param name="features">The features that its context will be made of.</param>
    public static void Mark(IFeatureCollection features)
    {
        ArgumentNullException.ThrowIfNull(features);
        features.Set(new OwnRequest());
    }
}
