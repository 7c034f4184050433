using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Catalogue;

namespace OrleansRaft.Server.Access;

/// <summary>Present among the services where keys are asked for: turns what operations say of roles into conditions of their endpoints.</summary>
internal sealed class RaftAccess
{
    /// <summary>Asks for a role, where keys are asked for.</summary>
    public static T Require<T>(T endpoint, IEndpointRouteBuilder endpoints, AccessRole role)
        where T : IEndpointConventionBuilder => endpoints.ServiceProvider.GetService<RaftAccess>() is null ? endpoint
            : role == AccessRole.None ? endpoint.AllowAnonymous()
            : endpoint.RequireAuthorization(AccessRequirement.PolicyOf(role));

    /// <summary>Lets everybody in, where keys are asked for elsewhere.</summary>
    public static T Open<T>(T endpoint)
        where T : IEndpointConventionBuilder => endpoint.AllowAnonymous();

    /// <summary>Whether whoever asks may be told what readers are: on endpoints that are open, which answer others more shortly.</summary>
    public static async Task<bool> IsReaderAsync(HttpContext context)
    {
        if (context.RequestServices.GetService<RaftAccess>() is null)
        {
            return true;
        }

        var result = await context.AuthenticateAsync(AccessSchemes.Any);
        return result.Succeeded && Grants.Has(result.Principal, AccessRole.Reader, tenant: null);
    }
}
