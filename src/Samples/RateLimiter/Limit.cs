using Orleans.Concurrency;
using OrleansRaft;

namespace RateLimiter;

/// <summary>How often a client may do something: so many times at once, and as many again each hour, evenly spread.</summary>
[Alias("limiter.ILimit")]
public interface ILimit : IReplicatedGrain
{
    /// <summary>Takes one of them. Zero when it was granted, else for how long to wait.</summary>
    [Alias("Take")]
    Task<TimeSpan> Take(int perHour);

    [Alias("Granted"), ReadOnly]
    ValueTask<long> Granted();
}

[GenerateSerializer, Alias("limiter.LimitState")]
public sealed class LimitState
{
    /// <summary>When all that was granted will have been earned.</summary>
    [Id(0)]
    public DateTimeOffset EarnedAt { get; set; }

    [Id(1)]
    public long Granted { get; set; }
}

[Alias("limiter.Limit")]
public sealed class Limit : ReplicatedGrain<LimitState>, ILimit
{
    public Task<TimeSpan> Take(int perHour)
    {
        var earnedAt = (State.EarnedAt > Context.Time ? State.EarnedAt : Context.Time) + (TimeSpan.FromHours(1) / perHour);
        var wait = earnedAt - Context.Time - TimeSpan.FromHours(1);
        if (wait > TimeSpan.Zero)
        {
            return Task.FromResult(wait);
        }

        (State.EarnedAt, State.Granted) = (earnedAt, State.Granted + 1);
        return Task.FromResult(TimeSpan.Zero);
    }

    public ValueTask<long> Granted() => new(State.Granted);
}
