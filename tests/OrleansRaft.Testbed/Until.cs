using System.Diagnostics;

namespace OrleansRaft.Testbed;

/// <summary>Waits for conditions, with deadlines so generous that only a defect misses them.</summary>
public static class Until
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">What to wait for.</param>
    /// <param name="deadline">For how long.</param>
    /// <param name="describe">What to say when it never held.</param>
    /// <exception cref="TimeoutException">It did not hold in time.</exception>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan deadline, Func<string> describe)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > deadline)
            {
                throw new TimeoutException($"After {deadline.TotalSeconds:0} s: {describe()}");
            }

            await Task.Delay(Pause);
        }
    }
}
