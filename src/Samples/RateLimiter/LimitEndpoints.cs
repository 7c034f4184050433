using OrleansRaft;

namespace RateLimiter;

public static class LimitEndpoints
{
    public const int PerHour = 60;

    public static void MapLimits(this WebApplication app) =>
        app.MapPost("/limits/{client}/take", static async (string client, IGrainFactory grains, HttpResponse response) =>
        {
            var wait = await grains.GetReplicatedGrain<ILimit>(client).With(TimeSpan.FromSeconds(30)).Take(PerHour);
            if (wait > TimeSpan.Zero)
            {
                response.StatusCode = StatusCodes.Status429TooManyRequests;
                response.Headers.RetryAfter = $"{Math.Ceiling(wait.TotalSeconds)}";
            }
        });
}
