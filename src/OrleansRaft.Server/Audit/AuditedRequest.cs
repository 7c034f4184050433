using System.Buffers;
using System.Text;

namespace OrleansRaft.Server.Audit;

/// <summary>The beginning of the body of a request that is written into the audit.</summary>
internal sealed class AuditedRequest
{
    private const int BytesMax = 256;

    /// <summary>The beginning of the body, as text on one line; empty when there was none.</summary>
    public string Body { get; private set; } = "";

    /// <summary>Keeps the beginning.</summary>
    public void Take(in ReadOnlySequence<byte> body)
    {
        var text = Encoding.UTF8.GetString(body.Slice(0, Math.Min(body.Length, BytesMax)));
        Body = string.Concat(text.Select(static letter => char.IsControl(letter) ? ' ' : letter)) + (body.Length > BytesMax ? "..." : "");
    }
}
