using System.Diagnostics;
using System.Net.Sockets;

namespace OrleansRaft.Benchmarks.Load;

/// <summary>
/// A closed loop over HTTP: every connection has one request on its way, and sends the next as soon as it is answered. One thread drives all.
/// </summary>
internal sealed class HttpLoad : IDisposable
{
    private static readonly TimeSpan PollTime = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastAnswerDeadline = TimeSpan.FromSeconds(15);

    private readonly HttpConnection[] connections;
    private long acknowledged;
    private long refused;
    private long open;
    private string complaint = "";

    private HttpLoad(HttpConnection[] connections) => this.connections = connections;

    /// <summary>Runs a load to its end.</summary>
    /// <param name="servers">The connections are spread over these in turn.</param>
    /// <param name="count">How many connections.</param>
    /// <param name="operation">What each of them does.</param>
    /// <param name="times">For how long.</param>
    public static Task<LoadResult> RunAsync(IReadOnlyList<Uri> servers, int count, Func<int, IHttpOperation> operation, LoadTimes times) =>
        Task.Factory.StartNew(
            () =>
            {
                using var load = new HttpLoad(
                    [.. Enumerable.Range(0, count).Select(number => new HttpConnection(servers[number % servers.Count], operation(number)))]);
                return load.Run(times);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    public void Dispose() => Array.ForEach(connections, static connection => connection.Dispose());

    private LoadResult Run(LoadTimes times)
    {
        Array.ForEach(connections, static connection => connection.Open());
        var readiness = new Readiness(Array.ConvertAll(connections, static connection => connection.Descriptor));
        var latencies = new Latencies(times);
        Array.ForEach(connections, static connection => Begin(connection));
        var deadline = latencies.End + (long)(LastAnswerDeadline.TotalSeconds * Stopwatch.Frequency);
        while (Array.Exists(connections, static connection => connection.IsBusy) && Stopwatch.GetTimestamp() < deadline)
        {
            readiness.Wait(PollTime);
            for (var place = 0; place < connections.Length; place++)
            {
                if (readiness.IsReady(place))
                {
                    Advance(connections[place], place, readiness, latencies);
                }
            }
        }

        open += connections.Count(static connection => connection.IsBusy);
        return new LoadResult(latencies.Results(), acknowledged, refused, open, complaint);
    }

    private void Advance(HttpConnection connection, int place, Readiness readiness, Latencies latencies)
    {
        try
        {
            if (!connection.IsBusy || connection.Receive() is not { } step)
            {
                return;
            }

            if (step == OperationStep.Again)
            {
                connection.Send();
                return;
            }

            Note(connection, step, latencies);
            Next(connection, latencies);
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            complaint = complaint.Length == 0 ? failure.Message : complaint;
            open++;
            connection.Open();
            readiness.Replace(place, connection.Descriptor);
            Next(connection, latencies);
        }
    }

    private void Note(HttpConnection connection, OperationStep step, Latencies latencies)
    {
        if (step == OperationStep.Done)
        {
            acknowledged++;
            latencies.Note(connection.Began, Stopwatch.GetTimestamp());
            return;
        }

        complaint = complaint.Length == 0 ? connection.LastAnswer(600) : complaint;
        _ = step == OperationStep.Refused ? refused++ : open++;
    }

    private static void Next(HttpConnection connection, Latencies latencies)
    {
        connection.Began = 0;
        if (Stopwatch.GetTimestamp() < latencies.End)
        {
            Begin(connection);
        }
    }

    private static void Begin(HttpConnection connection)
    {
        connection.Began = Stopwatch.GetTimestamp();
        connection.Send();
    }
}
