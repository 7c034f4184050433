using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Server.Access;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>Requests without an end of their own are broken off when their right to be served ends, and only then.</summary>
public sealed class HeldRequestTests : IHttpRequestLifetimeFeature, IAuthenticateResultFeature
{
    private readonly HandTimers time = new();
    private bool isAborted;

    CancellationToken IHttpRequestLifetimeFeature.RequestAborted { get; set; }

    AuthenticateResult? IAuthenticateResultFeature.AuthenticateResult { get; set; } = AuthenticateResult.Success(new AuthenticationTicket(
        new ClaimsPrincipal(), new AuthenticationProperties { ExpiresUtc = DateTimeOffset.UnixEpoch }, "Bearer"));

    [Fact]
    public void It_is_broken_off_when_its_token_has_expired()
    {
        using var held = Begin();

        time.Fire();

        isAborted.ShouldBeTrue();
    }

    /// <summary>The timer may have begun to look when the request ends, and the server uses contexts again.</summary>
    [Fact]
    public void A_look_that_comes_after_the_end_breaks_nothing_off()
    {
        var held = Begin();
        held.Dispose();

        time.Fire();

        isAborted.ShouldBeFalse();
    }

    void IHttpRequestLifetimeFeature.Abort() => isAborted = true;

    private HeldRequest Begin()
    {
        // The end of a token is asked of no directory.
        var directory = (AccessDirectory)RuntimeHelpers.GetUninitializedObject(typeof(AccessDirectory));
        var context = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection().AddSingleton(directory).AddSingleton<TimeProvider>(time).BuildServiceProvider(),
        };
        context.Features.Set<IHttpRequestLifetimeFeature>(this);
        context.Features.Set<IAuthenticateResultFeature>(this);
        return HeldRequest.Begin(context)!;
    }

    /// <summary>Its one timer fires when the test says so, even after it was disposed, as timers that have begun to fire do.</summary>
    private sealed class HandTimers : TimeProvider
    {
        private Action? fire;

        public void Fire() => fire!();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            fire = () => callback(state);
            return new NoTimer();
        }

        private sealed class NoTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
