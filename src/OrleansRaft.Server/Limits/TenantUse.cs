namespace OrleansRaft.Server.Limits;

/// <summary>Why a tenant's request is refused.</summary>
internal enum LimitReached
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>Too many came in too short a time.</summary>
    Rate,

    /// <summary>Too many are being served.</summary>
    AtOnce,

    /// <summary>Too many idempotency keys would be remembered.</summary>
    IdempotencyKeys,
}

/// <summary>What a tenant takes of this silo: requests that are being served, and a bucket of tokens, one for each request.</summary>
/// <param name="time">The clock.</param>
internal sealed class TenantUse(TimeProvider time)
{
    private static readonly TimeSpan ServedSoon = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private long at = time.GetTimestamp();
    private double tokens = double.MaxValue;
    private long keysAt = time.GetTimestamp();
    private double keys = double.MaxValue;
    private int open;
    private bool isGone;

    /// <summary>Counts a request that begins.</summary>
    /// <param name="allowed">What is allowed.</param>
    /// <param name="remembered">For how long the request's idempotency key is remembered; zero when it has none.</param>
    /// <param name="retryAfter">When one will be let in, if nobody else takes its place.</param>
    /// <returns>Why it is refused; null when this is not the tenant's any more.</returns>
    public LimitReached? Enter(TenantAllowance allowed, TimeSpan remembered, out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        lock (gate)
        {
            if (isGone)
            {
                return null;
            }

            if (allowed.AtOnce > 0 && open >= allowed.AtOnce)
            {
                retryAfter = ServedSoon;
                return LimitReached.AtOnce;
            }

            // Whoever is refused for one of them takes nothing of the other.
            var countsKey = allowed.IdempotencyKeys > 0 && remembered > TimeSpan.Zero;
            if (countsKey)
            {
                Fill(ref keys, ref keysAt, allowed.IdempotencyKeys / remembered.TotalSeconds, allowed.IdempotencyKeys);
                if (keys < 1)
                {
                    retryAfter = (1 - keys) * remembered / allowed.IdempotencyKeys;
                    return LimitReached.IdempotencyKeys;
                }
            }

            if (allowed.RequestsPerSecond > 0 && !TryTake(allowed.RequestsPerSecond, allowed.Burst, out retryAfter))
            {
                return LimitReached.Rate;
            }

            keys -= countsKey ? 1 : 0;

            open++;
            return LimitReached.None;
        }
    }

    /// <summary>A request has been served.</summary>
    public void Leave()
    {
        lock (gate)
        {
            open--;
        }
    }

    /// <summary>Ends this account if nothing of it matters any more: nothing is served, and the bucket is full again.</summary>
    /// <returns>Whether it did.</returns>
    public bool TryEnd(TenantAllowance allowed)
    {
        lock (gate)
        {
            isGone = open == 0
                && (allowed.RequestsPerSecond == 0 || time.GetElapsedTime(at).TotalSeconds * allowed.RequestsPerSecond >= SizeOf(allowed));
            return isGone;
        }
    }

    private static int SizeOf(TenantAllowance allowed) => allowed.Burst > 0 ? allowed.Burst : allowed.RequestsPerSecond;

    private bool TryTake(int rate, int burst, out TimeSpan retryAfter)
    {
        Fill(ref tokens, ref at, rate, burst > 0 ? burst : rate);
        if (tokens < 1)
        {
            retryAfter = TimeSpan.FromSeconds((1 - tokens) / rate);
            return false;
        }

        tokens--;
        retryAfter = TimeSpan.Zero;
        return true;
    }

    private void Fill(ref double bucket, ref long filledAt, double rate, double size)
    {
        var now = time.GetTimestamp();
        bucket = Math.Min(size, bucket + (time.GetElapsedTime(filledAt, now).TotalSeconds * rate));
        filledAt = now;
    }
}
