using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansRaft.Testbed.PostgreSql;

/// <summary>
/// A TCP proxy before a server, whose connections can be cut: at once, or just after something was sent, so that the sender never learns what became
/// of it. It can also forget connections, as a NAT does that drops what comes on those that were idle, and keep start-up options to itself, as
/// poolers do.
/// </summary>
public sealed class CuttableProxy : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int targetPort;
    private readonly ConcurrentDictionary<long, Link> links = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly Task accepting;
    private long linkCount;
    private volatile bool isCut;
    private volatile byte[]? cutAnswerTo;
    private long requestCount;

    public CuttableProxy(int targetPort)
    {
        this.targetPort = targetPort;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>A connection string that goes through the proxy.</summary>
    public string Redirect(string connectionString) =>
        new Npgsql.NpgsqlConnectionStringBuilder(connectionString) { Port = Port }.ConnectionString;

    /// <summary>Cuts all connections, and refuses new ones until <see cref="Heal"/>.</summary>
    public void Cut()
    {
        isCut = true;
        CutLinks();
    }

    /// <summary>Lets connections through again.</summary>
    public void Heal() => isCut = false;

    /// <summary>The next request that contains the text reaches the server whole; its connection is cut before the answer comes back.</summary>
    public void CutAnswerTo(string text) => cutAnswerTo = System.Text.Encoding.UTF8.GetBytes(text);

    /// <summary>Whether the start-up parameter <c>options</c> is kept from the server.</summary>
    public bool StripsOptions { get; init; }

    /// <summary>How many pieces clients have sent.</summary>
    public long RequestCount => Interlocked.Read(ref requestCount);

    /// <summary>From now on, whatever is sent on a connection that exists is swallowed, and nobody is told. New connections work.</summary>
    public void ForgetConnections()
    {
        foreach (var link in links.Values)
        {
            link.IsForgotten = true;
        }
    }

    /// <summary>Whether the connection that <see cref="CutAnswerTo"/> waited for has been cut.</summary>
    public bool HasCutAnswer => cutAnswerTo is null;

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        listener.Stop();
        CutLinks();
        await accepting;
        listener.Dispose();
        stopping.Dispose();
    }

    private void CutLinks()
    {
        foreach (var link in links.Values)
        {
            link.Abort();
        }
    }

    private async Task AcceptAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptTcpClientAsync(stopping.Token);
                _ = ServeAsync(client);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Stopping, or a client that went away while it was accepted.
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        var id = Interlocked.Increment(ref linkCount);
        using var server = new TcpClient();
        var link = new Link(client, server);
        try
        {
            links[id] = link;
            if (isCut)
            {
                link.Abort();
                return;
            }

            await server.ConnectAsync(IPAddress.Loopback, targetPort);
            if (StripsOptions)
            {
                await StartupPacket.ForwardWithoutAsync(client.GetStream(), server.GetStream(), "options");
            }

            await Task.WhenAny(PumpAsync(client, server, link, isRequest: true), PumpAsync(server, client, link, isRequest: false));
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // Either end went away.
        }
        finally
        {
            link.Abort();
            links.TryRemove(id, out _);
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, Link link, bool isRequest)
    {
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await from.GetStream().ReadAsync(buffer)) > 0)
        {
            if (isRequest)
            {
                Interlocked.Increment(ref requestCount);
            }

            if (link.IsForgotten)
            {
                continue;
            }

            if (!isRequest && link.IsMute)
            {
                link.Abort();
                return;
            }

            if (isRequest && cutAnswerTo is { } text && buffer.AsSpan(0, count).IndexOf(text) >= 0)
            {
                link.IsMute = true;
                cutAnswerTo = null;
            }

            await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
        }
    }

    private sealed class Link(TcpClient client, TcpClient server)
    {
        public volatile bool IsMute;
        public volatile bool IsForgotten;

        public void Abort()
        {
            Abort(client);
            Abort(server);
        }

        private static void Abort(TcpClient end)
        {
            try
            {
                end.Client?.Close(0);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // Gone already.
            }
        }
    }
}
