using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>Waits for a server at start-up, and says for what: machines start in any order.</summary>
internal static class Patience
{
    /// <summary>Repeats work until it succeeds, for as long as its failures may pass by themselves.</summary>
    /// <param name="connectionString">The server, for people.</param>
    /// <param name="patience">For how long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="logger">Told every few seconds what is waited for.</param>
    /// <param name="work">What to do.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="StoreRefusedException">The server refuses for good, or it took too long.</exception>
    public static async Task<T> RunAsync<T>(
        string connectionString, TimeSpan patience, ILogger logger, Func<Task<T>> work, CancellationToken cancellation)
    {
        var since = TimeProvider.System.GetTimestamp();
        var server = Connections.Describe(connectionString);
        var reminder = new Reminder();
        var backOff = default(BackOff);
        while (true)
        {
            try
            {
                return await work();
            }
            catch (Exception exception) when (
                !cancellation.IsCancellationRequested && exception is not (StoreRefusedException or CorruptDataException))
            {
                if (Failures.IsPermanent(exception) || (patience != Timeout.InfiniteTimeSpan && TimeProvider.System.GetElapsedTime(since) > patience))
                {
                    throw Failures.Refuse(server, exception);
                }

                if (reminder.IsDue)
                {
                    Log.WaitingForServer(logger, server, reminder.Seconds, Failures.Reason(exception));
                }
            }
            catch (Exception) when (cancellation.IsCancellationRequested)
            {
                // What was under way ends with any failure.
                throw new OperationCanceledException(cancellation);
            }

            await backOff.WaitAsync(cancellation);
        }
    }
}
