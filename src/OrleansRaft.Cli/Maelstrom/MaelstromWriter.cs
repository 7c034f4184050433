using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Threading.Channels;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>
/// Writes messages to the network, which is the standard output. It never blocks the node: when nobody reads, messages are lost, as a network may
/// lose them.
/// </summary>
internal sealed class MaelstromWriter
{
    private const int WaitingMax = 20_000;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Channel<string> waiting = Channel.CreateBounded<string>(
        new BoundedChannelOptions(WaitingMax) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Writes what was sent until <see cref="Complete"/>.</summary>
    public async Task RunAsync(TextWriter output)
    {
        while (await waiting.Reader.WaitToReadAsync())
        {
            while (waiting.Reader.TryRead(out var line))
            {
                await output.WriteAsync(line);
            }

            await output.FlushAsync();
        }
    }

    /// <summary>Nothing more is sent.</summary>
    public void Complete() => waiting.Writer.TryComplete();

    /// <summary>Sends a message.</summary>
    /// <param name="source">The node.</param>
    /// <param name="destination">To whom.</param>
    /// <param name="type">What its body is.</param>
    /// <param name="inReplyTo">The number of the request that it answers, if it does.</param>
    /// <param name="fields">Writes the rest of the body.</param>
    public void Send(string source, string destination, string type, long? inReplyTo, Action<Utf8JsonWriter>? fields = null)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(output, Options))
        {
            writer.WriteStartObject();
            writer.WriteString("src", source);
            writer.WriteString("dest", destination);
            writer.WriteStartObject("body");
            writer.WriteString("type", type);
            if (inReplyTo is { } id)
            {
                writer.WriteNumber("in_reply_to", id);
            }

            fields?.Invoke(writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        waiting.Writer.TryWrite(Encoding.UTF8.GetString(output.WrittenSpan) + "\n");
    }
}
