namespace OrleansRaft.Testing;

/// <summary>Waits for what comes about in the background.</summary>
internal static class Polling
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>Asks again and again until nothing is missing.</summary>
    /// <param name="most">For how long.</param>
    /// <param name="missing">Says what is missing; null for nothing.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="TimeoutException">Something was missing for that long; it says what.</exception>
    public static async Task UntilAsync(TimeSpan most, Func<Task<string?>> missing, CancellationToken cancellation)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (await missing() is { } what)
        {
            if (TimeProvider.System.GetElapsedTime(began) > most)
            {
                throw new TimeoutException($"After {most} still: {what}");
            }

            await Task.Delay(Pause, cancellation);
        }
    }
}
