using System.Buffers;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>
/// Turns values into the bytes that logs and snapshots keep, and back. Old bytes must stay readable for as long as a log may hold them.
/// </summary>
/// <typeparam name="T">The values.</typeparam>
public interface ICommandCodec<T>
{
    /// <summary>Writes a value. Equal values write equal bytes.</summary>
    void Write(T value, IBufferWriter<byte> output);

    /// <summary>Reads a value.</summary>
    /// <exception cref="Core.Codec.CorruptDataException">The bytes are not a value.</exception>
    T Read(ReadOnlyMemory<byte> bytes);
}
