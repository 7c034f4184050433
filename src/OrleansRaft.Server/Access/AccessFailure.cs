using Microsoft.AspNetCore.Authentication;

namespace OrleansRaft.Server.Access;

/// <summary>Why somebody was not recognized.</summary>
internal enum AccessFailure
{
    /// <summary>There is no such key, or it was revoked; or there is something wrong with a token.</summary>
    Unknown,

    /// <summary>The key's time is over.</summary>
    Expired,

    /// <summary>This silo has not heard from the catalogue for too long to know.</summary>
    NotCurrent,
}

/// <summary>Carries the reason in what ASP.NET makes of an attempt. It holds nothing of the key.</summary>
internal static class AccessFailures
{
    private const string Name = nameof(AccessFailure);

    /// <summary>A failed attempt.</summary>
    public static AuthenticateResult Fail(AccessFailure failure)
    {
        var properties = new AuthenticationProperties();
        properties.SetParameter<AccessFailure?>(Name, failure);
        return AuthenticateResult.Fail(failure.ToString(), properties);
    }

    /// <summary>Why an attempt with a key failed; null when it was none, or one with a token.</summary>
    public static AccessFailure? Of(AuthenticateResult result) => result.Properties?.GetParameter<AccessFailure?>(Name);
}
