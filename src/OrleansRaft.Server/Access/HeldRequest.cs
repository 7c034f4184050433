using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansRaft.Server.Access;

/// <summary>A request without an end of its own: it is broken off soon after its key is in force no more.</summary>
internal sealed class HeldRequest : IDisposable
{
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(1);

    private readonly HttpContext context;
    private readonly AccessDirectory directory;
    private readonly TimeProvider time;
    private readonly string token;
    private readonly DateTimeOffset? end;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private bool hasEnded;

    private HeldRequest(HttpContext context, AccessDirectory directory, TimeProvider time)
    {
        this.context = context;
        this.directory = directory;
        this.time = time;
        token = AccessSchemes.TokenOf(context.Request) ?? "";
        end = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;
        timer = time.CreateTimer(static held => ((HeldRequest)held!).Look(), this, LookPause, LookPause);
    }

    /// <summary>Holds a request; null where no keys are asked for.</summary>
    /// <param name="context">The request.</param>
    /// <returns>Disposed of when the request ends.</returns>
    public static HeldRequest? Begin(HttpContext context) => context.RequestServices.GetService<AccessDirectory>() is { } directory
        ? new HeldRequest(context, directory, context.RequestServices.GetRequiredService<TimeProvider>())
        : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        timer.Dispose();
        lock (gate)
        {
            hasEnded = true;
        }
    }

    private void Look()
    {
        lock (gate)
        {
            // The server uses contexts again: a look that the timer had begun could break off the next request, or end the process.
            if (!hasEnded)
            {
                BreakOffUnlessIn();
            }
        }
    }

    private void BreakOffUnlessIn()
    {
        var isIn = token.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal)
            ? directory.Recognize(token).Key is not null
            : end is null || time.GetUtcNow() < end;
        if (!isIn)
        {
            context.Abort();
        }
    }
}
