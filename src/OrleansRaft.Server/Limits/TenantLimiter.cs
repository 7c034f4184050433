using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Limits;

/// <summary>Refuses requests of a tenant that takes more of this silo than it may, before they cost the others anything.</summary>
internal sealed class TenantLimiter : ITenantAllowances
{
    // Beyond so many tenants, those that are idle are forgotten: whoever makes names up must not fill the memory.
    private const int TenantsMax = 10_000;
    private const string IdempotencyKeyHeader = "Idempotency-Key";
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, TenantUse> uses = new(StringComparer.Ordinal);
    private readonly AccessDirectory? directory;
    private readonly TenantAllowance otherwise;
    private readonly TimeSpan retention;
    private readonly TimeProvider time;
    private readonly Counter<long>? refused;
    private long sweptAt;

    /// <summary>Makes one.</summary>
    /// <param name="services">The application's: where keys are asked for, the catalogue's limits are known; a silo has metrics.</param>
    /// <param name="options">What tenants may take that have no limits of their own.</param>
    /// <param name="time">The clock.</param>
    public TenantLimiter(IServiceProvider services, IOptions<TenantLimitOptions> options, TimeProvider time)
    {
        this.time = time;
        sweptAt = time.GetTimestamp();
        directory = services.GetService<AccessDirectory>();
        retention = services.GetService<IOptions<RaftOptions>>()?.Value.RequestRetention ?? TimeSpan.Zero;
        var all = options.Value;
        otherwise = new TenantAllowance(all.RequestsPerSecond, all.Burst, all.AtOnce, all.IdempotencyKeys, all.Counters, all.Bytes);
        refused = services.GetService<RaftMetrics>()?.Meter.CreateCounter<long>(
            "raft.tenant.refused", "{request}", "Requests that this silo refused because their tenant took more than it may, by the limit.");
    }

    /// <summary>How many tenants are known at the moment.</summary>
    public int Count => uses.Count;

    /// <summary>Whether requests of an operation count: those that tenants make themselves.</summary>
    /// <param name="pattern">The operation's path.</param>
    /// <param name="role">The role that it needs.</param>
    public static bool Limits(string pattern, AccessRole role) =>
        role is AccessRole.Reader or AccessRole.Writer && pattern.Contains("{tenant}", StringComparison.Ordinal);

    /// <inheritdoc/>
    public TenantAllowance AllowanceOf(string tenant) => directory?.LimitsOf(tenant) is { } own
        ? new TenantAllowance(
            own.RequestsPerSecond ?? otherwise.RequestsPerSecond,
            own.Burst ?? otherwise.Burst,
            own.AtOnce ?? otherwise.AtOnce,
            own.IdempotencyKeys ?? otherwise.IdempotencyKeys,
            own.Counters ?? otherwise.Counters,
            own.Bytes ?? otherwise.Bytes)
        : otherwise;

    /// <inheritdoc/>
    public Task RefreshAsync(CancellationToken cancellation) => directory?.LookAsync(cancellation) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public void CountRefusal(string limit) => refused?.Add(1, new KeyValuePair<string, object?>("limit", limit));

    /// <summary>A handler whose requests count.</summary>
    /// <param name="handler">The handler.</param>
    public RequestDelegate Around(RequestDelegate handler) => async context =>
    {
        var tenant = context.Request.RouteValues["tenant"] as string ?? "";
        var allowed = AllowanceOf(tenant);
        var remembered = context.Request.Headers.ContainsKey(IdempotencyKeyHeader) ? retention : TimeSpan.Zero;
        var use = Enter(tenant, allowed, remembered, out var reached, out var retryAfter);
        if (reached != LimitReached.None)
        {
            CountRefusal(WordOf(reached));
            Refuse(tenant, reached, allowed, retryAfter).Write(context.Response);
            return;
        }

        try
        {
            await handler(context);
        }
        finally
        {
            use.Leave();
            ForgetIfMany();
        }
    };

    private static Problem Refuse(string tenant, LimitReached reached, TenantAllowance allowed, TimeSpan retryAfter) => new(
        StatusCodes.Status429TooManyRequests,
        ProblemTypes.QuotaExceeded,
        "The tenant has used up its share.",
        reached switch
        {
            LimitReached.Rate =>
                $"The tenant {Shortened.Of(tenant)} may send {allowed.RequestsPerSecond} requests a second to one silo, and has sent more; nothing "
                    + "was changed. Try again after the time in Retry-After, or ask an operator for more (`oraft tenant limits`).",
            LimitReached.IdempotencyKeys =>
                $"The tenant {Shortened.Of(tenant)} may have {allowed.IdempotencyKeys} idempotency keys remembered by way of one silo, and has as "
                    + "many; nothing was changed. Try again after the time in Retry-After, when the oldest are forgotten, or without a key; an "
                    + "operator may allow more (`oraft tenant limits`).",
            _ =>
                $"{allowed.AtOnce} requests of the tenant {Shortened.Of(tenant)} are being served, as many as may be at one time on one silo; "
                    + "nothing was changed. Try again after the time in Retry-After, with fewer at once.",
        })
    {
        RetryAfterSeconds = (int)Math.Clamp(Math.Ceiling(retryAfter.TotalSeconds), 1, 3_600),
    };

    private static string WordOf(LimitReached reached) => reached switch
    {
        LimitReached.Rate => "rate",
        LimitReached.IdempotencyKeys => "idempotency-keys",
        _ => "at-once",
    };

    private TenantUse Enter(string tenant, TenantAllowance allowed, TimeSpan remembered, out LimitReached reached, out TimeSpan retryAfter)
    {
        while (true)
        {
            var use = uses.GetOrAdd(tenant, static (_, clock) => new TenantUse(clock), time);
            if (use.Enter(allowed, remembered, out retryAfter) is { } said)
            {
                reached = said;
                return use;
            }
        }
    }

    private void ForgetIfMany()
    {
        var swept = Volatile.Read(ref sweptAt);
        if (time.GetElapsedTime(swept) < SweepPause
            || uses.Count <= TenantsMax
            || Interlocked.CompareExchange(ref sweptAt, time.GetTimestamp(), swept) != swept)
        {
            return;
        }

        foreach (var (tenant, use) in uses)
        {
            if (use.TryEnd(AllowanceOf(tenant)))
            {
                uses.TryRemove(new KeyValuePair<string, TenantUse>(tenant, use));
            }
        }
    }
}
