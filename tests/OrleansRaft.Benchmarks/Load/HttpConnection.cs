using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansRaft.Benchmarks.Load;

/// <summary>
/// One connection with at most one request on its way, in hand-written HTTP/1.1: the load must cost far less than what it measures.
/// </summary>
/// <param name="server">Where to.</param>
/// <param name="operation">What it asks.</param>
internal sealed class HttpConnection(Uri server, IHttpOperation operation) : IDisposable
{
    private static readonly byte[] HeadEnd = "\r\n\r\n"u8.ToArray();
    private static readonly byte[] LengthName = "content-length:"u8.ToArray();

    private readonly byte[] input = new byte[64 * 1024];
    private Socket? socket;
    private int filled;

    /// <summary>The timestamp at which the operation under way began; 0 while there is none.</summary>
    public long Began { get; set; }

    public bool IsBusy => Began != 0;

    public int Descriptor => (int)Opened.Handle;

    private Socket Opened => socket ?? throw new InvalidOperationException("The connection is not open.");

    public void Open()
    {
        socket?.Dispose();
        socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Parse(server.Host), server.Port);
        filled = 0;
    }

    /// <summary>Sends the operation's next request.</summary>
    public void Send()
    {
        for (var rest = operation.Next(); !rest.IsEmpty;)
        {
            rest = rest[Opened.Send(rest.Span)..];
        }
    }

    /// <summary>Reads what has come.</summary>
    /// <returns>What follows, once the answer is whole; null before.</returns>
    /// <exception cref="IOException">The server closed the connection, or sent what is no answer.</exception>
    public OperationStep? Receive()
    {
        var count = Opened.Receive(input.AsSpan(filled));
        if (count == 0)
        {
            throw new IOException("the server closed the connection");
        }

        filled += count;
        var answer = input.AsSpan(0, filled);
        var head = answer.IndexOf(HeadEnd);
        if (head < 0)
        {
            return null;
        }

        var whole = head + HeadEnd.Length + LengthOf(answer[..head]);
        if (filled < whole)
        {
            return null;
        }

        filled = 0;
        return operation.OnAnswer(ParseNumber(answer[9..12]), answer[(head + HeadEnd.Length)..whole]);
    }

    public string LastAnswer(int bytes) => Encoding.UTF8.GetString(input.AsSpan(0, Math.Min(bytes, input.Length))).TrimEnd('\0');

    public void Dispose() => socket?.Dispose();

    private static int LengthOf(ReadOnlySpan<byte> head)
    {
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = head[range];
            if (line.Length > LengthName.Length && Ascii.EqualsIgnoreCase(line[..LengthName.Length], LengthName))
            {
                return ParseNumber(line[LengthName.Length..].Trim((byte)' '));
            }
        }

        throw new IOException($"the answer tells no length: {Encoding.ASCII.GetString(head)}");
    }

    private static int ParseNumber(ReadOnlySpan<byte> digits) => int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
}
