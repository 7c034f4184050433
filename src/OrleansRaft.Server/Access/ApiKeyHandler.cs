using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace OrleansRaft.Server.Access;

/// <summary>Recognizes the bearer of an API key.</summary>
internal sealed class ApiKeyHandler(
    AccessDirectory directory, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <inheritdoc/>
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Recognize());

    private AuthenticateResult Recognize()
    {
        if (Context.Features.Get<OwnRequest>() is not null)
        {
            return AuthenticateResult.Success(new AuthenticationTicket(OwnRequest.Reader, Scheme.Name));
        }

        if (AccessSchemes.TokenOf(Request) is not { } token)
        {
            return AuthenticateResult.NoResult();
        }

        var (key, failure) = directory.Recognize(token);
        return key is null ? AccessFailures.Fail(failure) : key.Recognized.Result;
    }
}
