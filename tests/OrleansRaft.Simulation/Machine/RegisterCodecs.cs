using System.Buffers;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Simulation.Machine;

/// <param name="build">Which build of the machine it belongs to: the first does not know every command.</param>
internal sealed class RegisterCommandCodec(int build) : ICommandCodec<RegisterCommand>
{
    /// <summary>The newer build's, which clients have.</summary>
    public static RegisterCommandCodec Instance { get; } = new(MachineTrouble.NewBuild);

    private readonly RegisterAction last = build == MachineTrouble.NewBuild ? RegisterAction.Negate : RegisterAction.CompareAndSet;

    public void Write(RegisterCommand value, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteVarint(value.Operation);
        writer.WriteByte((byte)value.Action);
        writer.WriteInt64(value.Value);
        writer.WriteInt64(value.Expected);
    }

    public RegisterCommand Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var command = new RegisterCommand(
            reader.ReadVarint(), (RegisterAction)reader.ReadInt32((int)last), reader.ReadInt64(), reader.ReadInt64());
        _ = reader.Remaining > 0 ? reader.ReadVarint() : 0;
        reader.RequireEnd();
        return command;
    }

    /// <param name="value">The command.</param>
    /// <param name="stamp">When it is encoded, as its client sees it: not what the client means by it, and left out where it is 0.</param>
    public ReadOnlyMemory<byte> Encode(RegisterCommand value, long stamp = 0)
    {
        var output = new ArrayBufferWriter<byte>(32);
        Write(value, output);
        if (stamp > 0)
        {
            new WireWriter(output).WriteVarint(stamp);
        }

        return output.WrittenMemory;
    }
}

internal sealed class RegisterResultCodec : ICommandCodec<RegisterResult>
{
    public static RegisterResultCodec Instance { get; } = new();

    public void Write(RegisterResult value, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        writer.WriteBoolean(value.Succeeded);
        writer.WriteInt64(value.Value);
    }

    public RegisterResult Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var result = new RegisterResult(reader.ReadBoolean(), reader.ReadInt64());
        reader.RequireEnd();
        return result;
    }
}
