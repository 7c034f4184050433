using System.Buffers;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>
/// What a group remembers under the index of an entry that applied a request: when it is forgotten (varint), the request's id (length, UTF-8), and
/// the record (<see cref="RequestRecord.Write"/>).
/// </summary>
/// <param name="id">The id.</param>
/// <param name="expires">When it is forgotten.</param>
internal readonly ref struct RequestValue(ReadOnlySpan<byte> id, LogTime expires)
{
    public ReadOnlySpan<byte> Id { get; } = id;

    public LogTime Expires { get; } = expires;

    public void Write(RequestRecord record, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteVarint(Expires.Value);
        writer.WriteBytes(Id);
        record.Write(output);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="entry">The index of the entry.</param>
    /// <param name="value">What was written.</param>
    /// <param name="record">The record.</param>
    /// <exception cref="CorruptDataException">The bytes are something else.</exception>
    public static RequestValue Read(LogIndex entry, ReadOnlySpan<byte> value, out RequestRecord record)
    {
        var reader = new WireSpanReader(value);
        var read = new RequestValue(expires: new LogTime(reader.ReadVarint()), id: reader.ReadBytes());
        record = RequestRecord.Read(entry, reader.Rest);
        return read;
    }

    public static LogTime ExpiresOf(ReadOnlySpan<byte> value) => new(new WireSpanReader(value).ReadVarint());

    public static ReadOnlySpan<byte> IdOf(ReadOnlySpan<byte> value)
    {
        var reader = new WireSpanReader(value);
        reader.ReadVarint();
        return reader.ReadBytes();
    }
}
