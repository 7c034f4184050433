using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using OrleansRaft.Runtime;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>A client's request that waits for its answer.</summary>
internal sealed class MaelstromRequest
{
    /// <summary>Who asked.</summary>
    public required string Client { get; init; }

    /// <summary>The number of the request.</summary>
    public required long MessageId { get; init; }

    /// <summary>What is asked.</summary>
    public required KvCommand Command { get; init; }

    /// <summary>The command's bytes.</summary>
    public required ReadOnlyMemory<byte> Encoded { get; init; }

    /// <summary>The name under which the group remembers it: a copy of the same request has the same.</summary>
    public required string RequestId { get; init; }

    /// <summary>When the client is told that it took too long.</summary>
    public required long GivesUpAt { get; init; }

    /// <summary>When it is tried again, unless an answer comes first.</summary>
    public long TriesAgainAt { get; set; }

    /// <summary>Whether it only reads, so that it may be refused and repeated at will.</summary>
    public bool IsRead => Command.Action == KvAction.Read;

    /// <summary>Reads what a client asks for: <c>read</c>, <c>write</c> or <c>cas</c>.</summary>
    /// <exception cref="FormatException">The request lacks something.</exception>
    public static MaelstromRequest Read(MaelstromMessage message, long givesUpAt)
    {
        var id = message.Id ?? throw new FormatException("The request has no msg_id.");
        var command = message.Type switch
        {
            "read" => new KvCommand(KvAction.Read, Json(message, "key"), "", ""),
            "write" => new KvCommand(KvAction.Write, Json(message, "key"), "", Json(message, "value")),
            _ => new KvCommand(
                message.Field("create_if_not_exists") is { ValueKind: JsonValueKind.True } ? KvAction.CompareAndSetOrCreate : KvAction.CompareAndSet,
                Json(message, "key"),
                Json(message, "from"),
                Json(message, "to")),
        };
        var encoded = KvCommandCodec.Instance.Encode(command);
        if (encoded.Length > MaelstromReplica.Options.AppendBytesMax / 2)
        {
            throw new FormatException($"The request has {encoded.Length} bytes, which is too much.");
        }

        return new MaelstromRequest
        {
            Client = message.Source,
            MessageId = id,
            Command = command,
            Encoded = encoded,
            RequestId = NameOf(message.Source, id, encoded.Span),
            GivesUpAt = givesUpAt,
        };
    }

    private static string Json(MaelstromMessage message, string field) => message.Field(field) is { } value
        ? CanonicalJson.Write(value)
        : throw new FormatException($"The request has no '{field}'.");

    // The content is part of the name: a client that begins to count anew is not given another request's answer.
    private static string NameOf(string client, long id, ReadOnlySpan<byte> command)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{client} {id} {Convert.ToHexStringLower(SHA256.HashData(command).AsSpan(0, 8))}");
        return name.Length <= CommandEnvelope.RequestIdLengthMax ? name : throw new FormatException("The client's name is too long.");
    }
}
