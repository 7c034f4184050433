using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansRaft.Benchmarks.Failover;

/// <summary>
/// Writes at a steady pace, whether earlier writes were answered or not: one that hangs must not hide that later ones would succeed. Remembers when
/// each success came.
/// </summary>
/// <param name="write">Makes one write; throws when it failed.</param>
internal sealed class WriteProbe(Func<Task> write) : IAsyncDisposable
{
    private const int OutstandingMax = 4_096;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentBag<(long Began, long Ended)> successes = [];
    private readonly CancellationTokenSource stopping = new();
    private Task pacing = Task.CompletedTask;
    private int outstanding;

    /// <summary>How many writes succeeded.</summary>
    public int Count => successes.Count;

    /// <summary>When each success came.</summary>
    public IEnumerable<long> Ends => successes.Select(success => success.Ended);

    /// <summary>Begins.</summary>
    public void Start() => pacing = Task.Run(PaceAsync);

    /// <summary>Whether a write succeeded that began after a moment.</summary>
    public bool HasSucceededSince(long moment) => successes.Any(success => success.Began > moment);

    /// <summary>Makes no more writes; does not wait for those that hang.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await pacing;
        stopping.Dispose();
    }

    private async Task PaceAsync()
    {
        using var timer = new PeriodicTimer(Pace);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                if (Interlocked.Increment(ref outstanding) <= OutstandingMax)
                {
                    _ = WriteAsync();
                }
                else
                {
                    Interlocked.Decrement(ref outstanding);
                }
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private async Task WriteAsync()
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await write();
            successes.Add((began, Stopwatch.GetTimestamp()));
        }
        catch (Exception)
        {
            // What fails is no success; what matters is when the next one comes.
        }
        finally
        {
            Interlocked.Decrement(ref outstanding);
        }
    }
}
