using System.Buffers;
using System.Globalization;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>A command to the lab's state machine.</summary>
/// <param name="IsAdd">Whether the number is added; otherwise it replaces the value.</param>
/// <param name="Number">Which number.</param>
internal readonly record struct RegisterCommand(bool IsAdd, long Number)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(IsAdd ? "ADD" : "SET")} {Number}");
}

/// <summary>The lab's state machine: one number, which commands set and add to. Sums wrap around.</summary>
internal sealed class Register : IStateMachine<RegisterCommand, long>
{
    /// <summary>The number.</summary>
    public long Value { get; private set; }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<Command<RegisterCommand>> commands, Span<long> results)
    {
        for (var i = 0; i < commands.Length; i++)
        {
            var (isAdd, number) = commands[i].Value;
            results[i] = Value = unchecked(isAdd ? Value + number : number);
        }
    }

    /// <inheritdoc/>
    public long Query(in Command<RegisterCommand> query) => Value;

    /// <inheritdoc/>
    public void Capture(IBufferWriter<byte> output) => RegisterCodec.WriteNumber(Value, output);

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> snapshot) => Value = snapshot.IsEmpty ? 0 : RegisterCodec.ReadNumber(snapshot);
}

/// <summary>The binary forms of the register's commands and results.</summary>
internal sealed class RegisterCodec : ICommandCodec<RegisterCommand>, ICommandCodec<long>
{
    private const int CommandBytes = 1 + sizeof(long);

    /// <summary>Writes a number.</summary>
    public static void WriteNumber(long value, IBufferWriter<byte> output)
    {
        BitConverter.TryWriteBytes(output.GetSpan(sizeof(long)), value);
        output.Advance(sizeof(long));
    }

    /// <summary>Reads a number.</summary>
    /// <exception cref="CorruptDataException">The bytes are no number.</exception>
    public static long ReadNumber(ReadOnlyMemory<byte> bytes) =>
        bytes.Length == sizeof(long)
            ? BitConverter.ToInt64(bytes.Span)
            : throw new CorruptDataException($"A number has {sizeof(long)} bytes, not {bytes.Length}.");

    /// <inheritdoc/>
    public void Write(RegisterCommand value, IBufferWriter<byte> output)
    {
        output.GetSpan(1)[0] = value.IsAdd ? (byte)1 : (byte)0;
        output.Advance(1);
        WriteNumber(value.Number, output);
    }

    /// <inheritdoc/>
    public RegisterCommand Read(ReadOnlyMemory<byte> bytes) => bytes.Length == CommandBytes
        ? new RegisterCommand(bytes.Span[0] == 1, ReadNumber(bytes[1..]))
        : throw new CorruptDataException($"A command has {CommandBytes} bytes, not {bytes.Length}.");

    void ICommandCodec<long>.Write(long value, IBufferWriter<byte> output) => WriteNumber(value, output);

    long ICommandCodec<long>.Read(ReadOnlyMemory<byte> bytes) => ReadNumber(bytes);
}
