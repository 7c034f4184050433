using System.Buffers;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft;

/// <summary>
/// Turns values into the bytes that logs and snapshots keep, and back. Old bytes must stay readable for as long as a log may hold them.
/// </summary>
/// <typeparam name="T">The values.</typeparam>
public interface ICommandCodec<T>
{
    /// <summary>Writes a value. Equal values write equal bytes.</summary>
    void Write(T value, IBufferWriter<byte> output);

    /// <summary>
    /// The identity of a command as a request: equal for equal arguments, whichever program writes them in which bytes; null to tell requests apart
    /// by their bytes.
    /// </summary>
    ulong? IdentityOf(T value) => CommandIdentity.Of(value);

    /// <summary>Reads a value.</summary>
    /// <exception cref="CorruptDataException">The bytes are not a value.</exception>
    T Read(ReadOnlyMemory<byte> bytes);
}
