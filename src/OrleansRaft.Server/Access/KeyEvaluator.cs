using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRaft.Server.Access;

/// <summary>
/// Lets in at once whoever shows a key that is in force and has the role that is needed. Whatever else there is, a token, a cookie, a refusal, goes
/// ASP.NET's way, through schemes, handlers and services that are made for each request: for a key they cost several times what looking it up does.
/// </summary>
/// <remarks>
/// It only ever answers yes, and only to policies of this API alone. Where the application is not all ours, its own handlers and transformations of
/// claims might want a say, and this is not used.
/// </remarks>
internal sealed class KeyEvaluator(AccessDirectory directory) : IPolicyEvaluator
{
    private static readonly Task<PolicyAuthorizationResult> LetIn = Task.FromResult(PolicyAuthorizationResult.Success());

    /// <inheritdoc/>
    public Task<AuthenticateResult> AuthenticateAsync(AuthorizationPolicy policy, HttpContext context)
    {
        if (RequirementOf(policy) is not null
            && AccessSchemes.TokenOf(context.Request) is { } token
            && token.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal)
            && directory.Recognize(token).Key is { } key)
        {
            context.User = key.Bearer;
            return key.Recognized;
        }

        return Others(context).AuthenticateAsync(policy, context);
    }

    /// <inheritdoc/>
    public Task<PolicyAuthorizationResult> AuthorizeAsync(
        AuthorizationPolicy policy, AuthenticateResult authenticationResult, HttpContext context, object? resource) =>
        authenticationResult is { Succeeded: true, Ticket.AuthenticationScheme: AccessSchemes.Key }
            && RequirementOf(policy) is { } requirement
            && requirement.IsMetBy(context.User, context)
                ? LetIn
                : Others(context).AuthorizeAsync(policy, authenticationResult, context, resource);

    /// <summary>The one condition of a policy that is this API's alone; null of any other policy.</summary>
    private static AccessRequirement? RequirementOf(AuthorizationPolicy policy) =>
        policy.AuthenticationSchemes is [AccessSchemes.Any]
            && policy.Requirements is [DenyAnonymousAuthorizationRequirement, AccessRequirement requirement]
                ? requirement
                : null;

    private static PolicyEvaluator Others(HttpContext context) => context.RequestServices.GetRequiredService<PolicyEvaluator>();
}
