using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>Answers every request with the same bytes, or breaks the connection after it has read the request, or never answers.</summary>
internal sealed class CannedServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stopping = new();
    private readonly Func<NetworkStream, CancellationToken, Task> answer;
    private readonly Task accepting;

    private CannedServer(Func<NetworkStream, CancellationToken, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        accepting = AcceptAsync();
    }

    /// <summary>The first line of the last request; empty before there is one.</summary>
    public string Asked { get; private set; } = "";

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    public static CannedServer Answering(int status, string type, string body, string headers = "") => new(async (stream, cancellation) =>
    {
        var text =
            $"HTTP/1.1 {status} Canned\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: "
                + $"close\r\n{headers}\r\n{body}";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text), cancellation);
    });

    public static CannedServer Problem(int status, string type, bool definite, string headers = "") => Answering(
        status,
        "application/problem+json",
        $$"""{"type":"{{type}}","title":"Canned","status":{{status}},"detail":"It is canned.","definite":{{(definite ? "true" : "false")}}}""",
        headers);

    public static CannedServer BreakingOff() => new((_, _) => Task.CompletedTask);

    public static CannedServer Silent() => new((_, cancellation) => Task.Delay(Timeout.Infinite, cancellation));

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await accepting;
        listener.Dispose();
        stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stopping.Token));
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                var request = new byte[8_192];
                if (await stream.ReadAsync(request, stopping.Token) is > 0 and var length)
                {
                    Asked = Encoding.ASCII.GetString(request, 0, length).Split('\r')[0];
                    await answer(stream, stopping.Token);
                }
            }
            catch (Exception failure) when (failure is OperationCanceledException or IOException)
            {
                // The test is over, or the client has gone.
            }
        }
    }
}
