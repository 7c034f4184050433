using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Catalogue;

namespace OrleansRaft.Server.Access;

/// <summary>A role that a request needs; of the tenant in its path, where there is one.</summary>
/// <param name="Role">The role.</param>
internal sealed record AccessRequirement(AccessRole Role) : IAuthorizationRequirement
{
    private const string Tenant = "tenant";

    /// <summary>The policy of a role.</summary>
    public static AuthorizationPolicy PolicyOf(AccessRole role) =>
        new AuthorizationPolicyBuilder(AccessSchemes.Any).RequireAuthenticatedUser().AddRequirements(new AccessRequirement(role)).Build();

    /// <summary>Whether somebody has the role.</summary>
    /// <param name="user">Who.</param>
    /// <param name="context">The request; null where it is not known.</param>
    public bool IsMetBy(ClaimsPrincipal user, HttpContext? context) =>
        Role == AccessRole.None || Grants.Has(user, Role, context?.Request.RouteValues[Tenant] as string);
}

/// <summary>Decides by the claims of whoever asks.</summary>
internal sealed class AccessRequirementHandler : AuthorizationHandler<AccessRequirement>
{
    /// <inheritdoc/>
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement)
    {
        if (requirement.IsMetBy(context.User, context.Resource as HttpContext))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
