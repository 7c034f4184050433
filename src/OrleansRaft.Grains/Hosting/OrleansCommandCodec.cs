using System.Buffers;
using Orleans.Serialization;
using OrleansRaft.Runtime.Machines;

namespace OrleansRaft.Grains.Hosting;

/// <summary>
/// The default codec: Orleans' serializer, which lets versions live side by side when types carry <c>[GenerateSerializer]</c>, <c>[Id]</c> and
/// <c>[Alias]</c>.
/// </summary>
/// <typeparam name="T">The values.</typeparam>
/// <param name="serializer">Orleans' serializer.</param>
internal sealed class OrleansCommandCodec<T>(Serializer<T> serializer) : ICommandCodec<T>
{
    /// <inheritdoc/>
    public void Write(T value, IBufferWriter<byte> output) => serializer.Serialize(value, output);

    /// <inheritdoc/>
    public T Read(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return serializer.Deserialize(bytes)!;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new CorruptDataException($"{bytes.Length} bytes are not a {typeof(T).Name}: {ThrownText.MessageOf(exception)}", exception);
        }
    }
}
