using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Limits;

/// <summary>
/// How many streams without an end of their own each key holds open on this silo, so that none takes all that there are. Any thread.
/// </summary>
/// <param name="options">How many one may.</param>
/// <param name="allowances">Where refusals are counted.</param>
internal sealed class WatcherCounts(IOptions<TenantLimitOptions> options, ITenantAllowances allowances)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> open = new(StringComparer.Ordinal);

    /// <summary>Counts a stream that begins.</summary>
    /// <param name="user">Who opens it; where nobody is known, nobody in particular.</param>
    /// <returns>Disposed of when it ends; null when its key holds as many open as it may.</returns>
    public IDisposable? TryEnter(ClaimsPrincipal user)
    {
        var name = user.FindFirst(ClaimTypes.NameIdentifier)?.Value ?? user.Identity?.Name;
        if (name is null || options.Value.Watchers == 0)
        {
            return new Watcher(this, null);
        }

        lock (gate)
        {
            var count = open.GetValueOrDefault(name);
            if (count >= options.Value.Watchers)
            {
                return null;
            }

            open[name] = count + 1;
        }

        return new Watcher(this, name);
    }

    /// <summary>What to say to whoever holds too many.</summary>
    public Problem Refuse()
    {
        allowances.CountRefusal("watchers");
        return new Problem(
            StatusCodes.Status429TooManyRequests,
            ProblemTypes.QuotaExceeded,
            "The key has used up its share.",
            $"This key holds {options.Value.Watchers} streams of events of this silo open, as many as it may. Close one, or ask another silo.");
    }

    private void Leave(string name)
    {
        lock (gate)
        {
            if (--open[name] == 0)
            {
                open.Remove(name);
            }
        }
    }

    private sealed class Watcher(WatcherCounts counts, string? name) : IDisposable
    {
        public void Dispose()
        {
            if (name is not null)
            {
                counts.Leave(name);
            }
        }
    }
}
