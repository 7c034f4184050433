using System.Buffers;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Cli.Maelstrom;

/// <summary>The binary form of commands.</summary>
internal sealed class KvCommandCodec : ICommandCodec<KvCommand>
{
    public static KvCommandCodec Instance { get; } = new();

    /// <inheritdoc/>
    public void Write(KvCommand value, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteByte((byte)value.Action);
        writer.WriteString(value.Key);
        writer.WriteString(value.Expected);
        writer.WriteString(value.Value);
    }

    /// <inheritdoc/>
    public KvCommand Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var command = new KvCommand(
            (KvAction)reader.ReadInt32((int)KvAction.CompareAndSetOrCreate), reader.ReadString(), reader.ReadString(), reader.ReadString());
        reader.RequireEnd();
        return command;
    }

    public ReadOnlyMemory<byte> Encode(KvCommand value)
    {
        var output = new ArrayBufferWriter<byte>(64);
        Write(value, output);
        return output.WrittenMemory;
    }
}

/// <summary>The binary form of results.</summary>
internal sealed class KvResultCodec : ICommandCodec<KvResult>
{
    public static KvResultCodec Instance { get; } = new();

    /// <inheritdoc/>
    public void Write(KvResult value, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteByte((byte)value.Answer);
        writer.WriteString(value.Value);
    }

    /// <inheritdoc/>
    public KvResult Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var result = new KvResult((KvAnswer)reader.ReadInt32((int)KvAnswer.OtherValue), reader.ReadString());
        reader.RequireEnd();
        return result;
    }
}
