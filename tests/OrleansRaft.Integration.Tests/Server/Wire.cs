using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Requests byte by byte, for what no client library sends.</summary>
internal static class Wire
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Sends a request as it is, and reads the answer; 0 when there is none.</summary>
    public static async Task<Answer> AskAsync(Uri server, string request, bool endsThere = false)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, patience.Token);
        var stream = client.GetStream();
        var received = new StringBuilder();
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), patience.Token);
            if (endsThere)
            {
                client.Client.Shutdown(SocketShutdown.Send);
            }

            var buffer = new byte[4096];
            while (!IsWhole(received.ToString()) && await stream.ReadAsync(buffer, patience.Token) is > 0 and var length)
            {
                received.Append(Encoding.Latin1.GetString(buffer, 0, length));
            }
        }
        catch (IOException)
        {
            // The server hung up, perhaps after it answered.
        }

        return Parse(received.ToString());
    }

    private static bool IsWhole(string text) => Parse(text) is { Status: not 0 and not HttpStatusCode.Continue };

    private static Answer Parse(string text)
    {
        while (text.StartsWith("HTTP/1.1 100", StringComparison.Ordinal) && text.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and var end)
        {
            text = text[(end + 4)..];
        }

        var split = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (split < 0)
        {
            return new Answer(0, null, "", null, null, []);
        }

        var head = text[..split];
        var body = text[(split + 4)..];
        if (ValueOf(head, "Transfer-Encoding") is "chunked")
        {
            body = body.Contains("\r\n0\r\n", StringComparison.Ordinal) ? Joined(body) : null;
        }
        else if (ValueOf(head, "Content-Length") is { } length && body.Length < int.Parse(length, CultureInfo.InvariantCulture))
        {
            body = null;
        }

        return body is null
            ? new Answer(0, null, "", null, null, [])
            : new Answer(
                (HttpStatusCode)int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture), ValueOf(head, "Content-Type"), body, null, null, []);
    }

    private static string Joined(string chunks)
    {
        var joined = new StringBuilder();
        while (chunks.IndexOf("\r\n", StringComparison.Ordinal) is > 0 and var line
            && int.Parse(chunks[..line], NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
        {
            joined.Append(chunks, line + 2, size);
            chunks = chunks[(line + 2 + size + 2)..];
        }

        return joined.ToString();
    }

    private static string? ValueOf(string head, string name) => head.Split("\r\n")
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
