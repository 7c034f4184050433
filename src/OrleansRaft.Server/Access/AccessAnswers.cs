using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Access;

/// <summary>Answers with a problem whoever may not do what he asks for. Endpoints of others are answered for as before.</summary>
internal sealed class AccessAnswers(ILogger<AccessAnswers> logger) : IAuthorizationMiddlewareResultHandler
{
    private readonly AuthorizationMiddlewareResultHandler others = new();

    /// <inheritdoc/>
    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult) =>
        authorizeResult.Succeeded ? next(context)
        : policy.Requirements.OfType<AccessRequirement>().FirstOrDefault() is { } requirement ? RefuseAsync(context, requirement, authorizeResult)
        : others.HandleAsync(next, context, policy, authorizeResult);

    private async Task RefuseAsync(HttpContext context, AccessRequirement requirement, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Forbidden)
        {
            Log.RequestForbidden(
                logger, context.User.Identity?.Name ?? "", context.Request.Method, context.Request.Path, context.Connection.RemoteIpAddress);
            Forbidden(requirement, context.Request).Write(context.Response);
            return;
        }

        // It was tried already, and what became of that is kept.
        var tried = await context.AuthenticateAsync(AccessSchemes.Any);
        if (AccessFailures.Of(tried) == AccessFailure.NotCurrent)
        {
            NotCurrent().Write(context.Response);
            return;
        }

        context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        Unauthenticated(tried).Write(context.Response);
    }

    /// <summary>401: nobody known.</summary>
    /// <param name="tried">What became of the key or token, if there was one.</param>
    public static Problem Unauthenticated(AuthenticateResult tried) => new(
        StatusCodes.Status401Unauthorized,
        ProblemTypes.Unauthenticated,
        "A key is needed.",
        AccessFailures.Of(tried) switch
        {
            null when tried.Failure is null =>
                "This needs an API key, and there is none: send it in the header Authorization as Bearer KEY (`oraft --key-file`, ORAFT_KEY). "
                + "An admin makes keys with `oraft key create`.",
            AccessFailure.Expired => "The API key has expired. An admin makes another with `oraft key create`.",
            not null => "The API key is not known here: it was revoked, or was never made in this cluster. "
                + "An admin makes another with `oraft key create`.",
            _ => "The token is not accepted: it has expired, is of another issuer or audience, or is damaged. Get a new one from its issuer.",
        });

    /// <summary>503: it cannot be known.</summary>
    public static Problem NotCurrent() =>
        KnownProblems.NoLeader("This silo does not reach the catalogue, which keeps the keys, so it cannot know whether the key is still in force.");

    private static Problem Forbidden(AccessRequirement requirement, HttpRequest request)
    {
        var tenant = request.RouteValues["tenant"] as string;
        return new(
            StatusCodes.Status403Forbidden,
            ProblemTypes.Forbidden,
            "The key does not allow this.",
            $"This needs the role {Grants.NameOf(requirement.Role)} for "
                + $"{(tenant is null ? "the whole cluster" : $"the tenant {Shortened.Of(tenant)}")}, "
                + "which the key does not have; nothing was changed. An admin makes one with "
                + $"`oraft key create NAME --role {Grants.NameOf(requirement.Role)}"
                + $"{(tenant is null ? "" : $" --tenant {Shortened.Of(tenant).Trim('"')}")}`.");
    }
}
