using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace OrleansRaft.Server.Events;

/// <summary>Writes server-sent events. What is not yet flushed is a page at most; a reader that is slow keeps nobody waiting but itself.</summary>
/// <param name="output">The response's body.</param>
internal sealed class EventWriter(PipeWriter output)
{
    private readonly ArrayBufferWriter<byte> buffer = new(16 * 1_024);

    /// <summary>Writes one event.</summary>
    /// <param name="id">Its id; null for one that cannot be resumed from.</param>
    /// <param name="type">Its type.</param>
    /// <param name="write">Writes its data, a JSON object without line breaks.</param>
    public void Write(string? id, string type, Action<Utf8JsonWriter> write)
    {
        if (id is not null)
        {
            Text($"id: {id}\n");
        }

        Text($"event: {type}\ndata: ");
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }

        Text("\n\n");
    }

    /// <summary>Tells the reader how soon to come back when the stream breaks.</summary>
    public void WriteRetry(TimeSpan after) => Text(string.Create(CultureInfo.InvariantCulture, $"retry: {after.TotalMilliseconds:0}\n\n"));

    /// <summary>Writes something that no reader sees, so that a broken connection is noticed.</summary>
    public void WriteSilence() => Text(":\n\n");

    /// <summary>Sends what was written.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await output.WriteAsync(buffer.WrittenMemory, cancellation);
        buffer.ResetWrittenCount();
    }

    private void Text(string text) => Encoding.UTF8.GetBytes(text, buffer);
}
