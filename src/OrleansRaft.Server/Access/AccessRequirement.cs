using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Grains.Catalogue;

namespace OrleansRaft.Server.Access;

/// <summary>A role that a request needs; of the tenant in its path, where there is one.</summary>
/// <param name="Role">The role.</param>
internal sealed record AccessRequirement(AccessRole Role) : IAuthorizationRequirement
{
    /// <summary>The policy of a role.</summary>
    public static AuthorizationPolicy PolicyOf(AccessRole role) =>
        new AuthorizationPolicyBuilder(AccessSchemes.Any).RequireAuthenticatedUser().AddRequirements(new AccessRequirement(role)).Build();
}

/// <summary>Decides by the claims of whoever asks.</summary>
internal sealed class AccessRequirementHandler : AuthorizationHandler<AccessRequirement>
{
    private const string Tenant = "tenant";

    /// <inheritdoc/>
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement)
    {
        var tenant = (context.Resource as HttpContext)?.Request.RouteValues[Tenant] as string;
        if (requirement.Role == AccessRole.None || Grants.Has(context.User, requirement.Role, tenant))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}
