using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Server.Access;

/// <summary>
/// How a browser signs in: it cannot send a header with every request, an event stream or a link. The key is kept in a cookie that no script reads
/// and that is sent to these pages alone.
/// </summary>
internal static class SessionEndpoints
{
    public static async Task GetAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(AccessSchemes.Any);
        Answer(context, result);
    }

    public static async Task BeginAsync(HttpContext context)
    {
        var key = await KeyBody.ReadKeyAsync(context.Request);
        if (key.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        context.Request.Headers.Authorization = $"Bearer {key.Value}";
        var result = await AuthenticateAnewAsync(context, key.Value);
        if (result.Succeeded)
        {
            context.Response.Cookies.Append(AccessSchemes.Cookie, key.Value, CookieOf(context.Request));
        }

        Answer(context, result);
    }

    public static Task EndAsync(HttpContext context)
    {
        context.Response.Cookies.Delete(AccessSchemes.Cookie, CookieOf(context.Request));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <summary>
    /// Who asks was looked at already, without the key that stands in the body, and what became of that is kept for the whole request.
    /// </summary>
    private static async Task<AuthenticateResult> AuthenticateAnewAsync(HttpContext context, string key)
    {
        await using var anew = context.RequestServices.CreateAsyncScope();
        var takesTokens = await anew.ServiceProvider.GetRequiredService<IAuthenticationSchemeProvider>()
            .GetSchemeAsync(AccessSchemes.Bearer) is not null;
        return await anew.ServiceProvider.GetRequiredService<IAuthenticationService>().AuthenticateAsync(context, AccessSchemes.Of(key, takesTokens));
    }

    private static CookieOptions CookieOf(HttpRequest request) => new()
    {
        HttpOnly = true,
        SameSite = Microsoft.AspNetCore.Http.SameSiteMode.Strict,
        Secure = request.IsHttps,
        Path = "/",
    };

    private static void Answer(HttpContext context, AuthenticateResult result)
    {
        if (!result.Succeeded)
        {
            if (AccessFailures.Of(result) == AccessFailure.NotCurrent)
            {
                AccessAnswers.NotCurrent().Write(context.Response);
                return;
            }

            context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
            AccessAnswers.Unauthenticated(result).Write(context.Response);
            return;
        }

        using var json = JsonAnswer.Start(context.Response);
        json.WriteStartObject();
        json.WriteString("name"u8, result.Principal.Identity?.Name);
        json.WriteStartArray("grants"u8);
        foreach (var claim in result.Principal.FindAll(Grants.ClaimType))
        {
            json.WriteStringValue(claim.Value);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
