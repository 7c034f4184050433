using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Grains.Hosting;

namespace OrleansRaft.Server.Access;

/// <summary>Asks for keys.</summary>
public static class RaftAccessServiceCollectionExtensions
{
    private const string Tokens = "Authentication:Schemes:Bearer";

    /// <summary>
    /// Lets the API answer only those who show an API key of the catalogue with the role that an operation needs, or a JWT of an issuer that
    /// <c>Authentication:Schemes:Bearer</c> names. Needs <c>AddRaftCatalogue</c> on the silo, and, where the application calls
    /// <c>UseRouting</c> itself, <c>UseAuthentication</c> and <c>UseAuthorization</c> behind it. Other endpoints of the application are left alone.
    /// </summary>
    /// <param name="services">The services of an application with <c>AddOrleansRaftServer</c>.</param>
    /// <param name="configuration">The application's configuration; the section <c>Raft:Server:Access</c> is read.</param>
    /// <param name="isWholeApplication">Whether endpoints that say nothing of who may ask them, and paths without one, need an admin's key.</param>
    public static IServiceCollection AddOrleansRaftAccess(
        this IServiceCollection services, IConfiguration configuration, bool isWholeApplication = false)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.BindBeneath<RaftAccessOptions>(configuration.GetSection(RaftAccessOptions.SectionName));
        services.AddOptions<RaftAccessOptions>()
            .Validate(
                static options => options.PatienceSeconds is >= 5 and <= 86_400,
                $"{RaftAccessOptions.SectionName}:{nameof(RaftAccessOptions.PatienceSeconds)} must be from 5 to 86400.")
            .Validate(
                static options => options.JwtClaim is { Length: > 0 },
                $"{RaftAccessOptions.SectionName}:{nameof(RaftAccessOptions.JwtClaim)} must name a claim.")
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<RaftAccess>();
        services.AddSingleton<AccessDirectory>();
        services.AddHostedService(static provider => provider.GetRequiredService<AccessDirectory>());
        services.AddSingleton<IAuthorizationHandler, AccessRequirementHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AccessAnswers>();
        services.AddAuthorization(authorization =>
        {
            if (isWholeApplication)
            {
                authorization.FallbackPolicy = AccessRequirement.PolicyOf(AccessRole.Admin);
            }
        });
        if (isWholeApplication)
        {
            services.AddTransient<PolicyEvaluator>();
            services.AddSingleton<IPolicyEvaluator, KeyEvaluator>();
        }

        AddSchemes(services.AddAuthentication(), configuration.GetSection(Tokens).GetChildren().Any());
        return services;
    }

    private static void AddSchemes(AuthenticationBuilder schemes, bool takesTokens)
    {
        schemes.AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(AccessSchemes.Key, configureOptions: null);
        schemes.AddPolicyScheme(AccessSchemes.Any, displayName: null, any =>
            any.ForwardDefaultSelector = context => AccessSchemes.Of(AccessSchemes.TokenOf(context.Request), takesTokens));
        if (takesTokens)
        {
            schemes.AddJwtBearer(AccessSchemes.Bearer);
            schemes.Services.AddOptions<JwtBearerOptions>(AccessSchemes.Bearer)
                .Configure<Microsoft.Extensions.Options.IOptions<RaftAccessOptions>>(static (jwt, access) => Configure(jwt, access.Value.JwtClaim));
        }
    }

    /// <summary>Takes a token from wherever a key is taken, and its roles from the claim that holds them.</summary>
    private static void Configure(JwtBearerOptions jwt, string claim)
    {
        jwt.MapInboundClaims = false;
        jwt.Events ??= new JwtBearerEvents();
        jwt.Events.OnMessageReceived = static context =>
        {
            context.Token = AccessSchemes.TokenOf(context.Request);
            return Task.CompletedTask;
        };
        jwt.Events.OnTokenValidated = context =>
        {
            var user = context.Principal!;
            var identity = new System.Security.Claims.ClaimsIdentity(AccessSchemes.Bearer);
            identity.AddClaim(
                new(System.Security.Claims.ClaimTypes.Name, user.FindFirst("sub")?.Value ?? user.FindFirst("name")?.Value ?? "a token"));
            identity.AddClaims(user.FindAll(claim).Select(static held => new System.Security.Claims.Claim(Grants.ClaimType, held.Value)));
            context.Principal = new System.Security.Claims.ClaimsPrincipal(identity);
            return Task.CompletedTask;
        };
    }
}
