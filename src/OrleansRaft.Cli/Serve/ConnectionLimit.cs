using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace OrleansRaft.Cli.Serve;

/// <summary>Refuses connections to one port beyond a number: a process that runs out of files fails in places that nobody can foresee.</summary>
/// <param name="port">What the port is for, in a word or two.</param>
/// <param name="max">How many connections there may be at once.</param>
/// <param name="silenceMax">For how long a connection may say nothing at all at first; null where the server behind it has a limit of its
/// own.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it is told, now and then.</param>
internal sealed class ConnectionLimit(string port, int max, TimeSpan? silenceMax, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan TellPause = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private int open;
    private long refused;
    private long? toldAt;

    /// <summary>How many connections there may be at once.</summary>
    public int Max => max;

    /// <summary>How many there are.</summary>
    public int Open => Volatile.Read(ref open);

    /// <summary>Counts one more connection, which counts until it has been served.</summary>
    /// <returns>False when there are too many: it is to be closed.</returns>
    public bool TryAdmit()
    {
        if (Interlocked.Increment(ref open) <= max)
        {
            return true;
        }

        Interlocked.Decrement(ref open);
        Tell();
        return false;
    }

    /// <summary>Counts connections that were admitted until whatever serves them has done so.</summary>
    public ConnectionDelegate Around(ConnectionDelegate next) => connection => ServeAsync(connection, next);

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        try
        {
            if (silenceMax is null || await SpeaksAsync(connection, silenceMax.Value))
            {
                await next(connection);
            }
        }
        finally
        {
            Interlocked.Decrement(ref open);
        }
    }

    /// <summary>Waits for the first bytes, and leaves them for whoever serves the connection.</summary>
    /// <returns>Whether there are any. One that is closed without a word only looked whether somebody listens, as silos do when another has gone: to
    /// whoever serves it that would be a failure worth a warning.</returns>
    private async Task<bool> SpeaksAsync(ConnectionContext connection, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience, time);
        try
        {
            var first = await connection.Transport.Input.ReadAsync(limit.Token);
            connection.Transport.Input.AdvanceTo(first.Buffer.Start);
            return !first.Buffer.IsEmpty;
        }
        catch (ConnectionResetException)
        {
            return false;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            connection.Abort(new ConnectionAbortedException("Nothing was said in time."));
            return false;
        }
    }

    private void Tell()
    {
        lock (gate)
        {
            refused++;
            if (toldAt is { } told && time.GetElapsedTime(told) < TellPause)
            {
                return;
            }

            toldAt = time.GetTimestamp();
            Log.ConnectionsRefused(logger, port, max, refused);
        }
    }
}
