using System.Buffers.Binary;
using System.Text;

namespace OrleansRaft.Testbed.PostgreSql;

/// <summary>The first message of a connection to PostgreSQL: its length, a protocol version, and pairs of zero-terminated names and values.</summary>
internal static class StartupPacket
{
    private const int Version3 = 196_608;
    private const int HeaderBytes = 8;

    /// <summary>
    /// Passes the start-up message on without one of its parameters; requests for encryption that come before it are passed on as they are.
    /// </summary>
    public static async Task ForwardWithoutAsync(Stream client, Stream server, string parameter)
    {
        while (true)
        {
            var header = new byte[HeaderBytes];
            await client.ReadExactlyAsync(header);
            var rest = new byte[BinaryPrimitives.ReadInt32BigEndian(header) - HeaderBytes];
            await client.ReadExactlyAsync(rest);
            var isStartup = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4)) == Version3;
            var body = isStartup ? Without(rest, parameter) : rest;
            BinaryPrimitives.WriteInt32BigEndian(header, HeaderBytes + body.Length);
            await server.WriteAsync(header);
            await server.WriteAsync(body);
            if (isStartup)
            {
                return;
            }

            // The server answers a request for encryption with one byte: no.
            var answer = new byte[1];
            await server.ReadExactlyAsync(answer);
            await client.WriteAsync(answer);
        }
    }

    private static byte[] Without(byte[] parameters, string unwanted)
    {
        var texts = Encoding.UTF8.GetString(parameters).Split('\0');
        var kept = new StringBuilder();
        for (var i = 0; i + 1 < texts.Length && texts[i].Length > 0; i += 2)
        {
            if (texts[i] != unwanted)
            {
                kept.Append(texts[i]).Append('\0').Append(texts[i + 1]).Append('\0');
            }
        }

        return Encoding.UTF8.GetBytes(kept.Append('\0').ToString());
    }
}
