using System.Buffers;
using Orleans.Serialization;
using Orleans.Serialization.Invocation;
using Orleans.Serialization.Session;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>Writes the result of a method.</summary>
internal abstract class ResultCodec
{
    /// <summary>The one for a kind of call; null where it has no result.</summary>
    public static ResultCodec? Of(Type request)
    {
        for (var type = request.BaseType; type is not null; type = type.BaseType)
        {
            if (type.IsGenericType
                && (type.GetGenericTypeDefinition() == typeof(TaskRequest<>) || type.GetGenericTypeDefinition() == typeof(Request<>)))
            {
                return (ResultCodec)Activator.CreateInstance(typeof(Typed<>).MakeGenericType(type.GetGenericArguments()))!;
            }
        }

        return null;
    }

    /// <summary>Writes a result.</summary>
    public abstract void Write(Serializer serializer, Response response, IBufferWriter<byte> output, SerializerSession session);

    private sealed class Typed<T> : ResultCodec
    {
        public override void Write(Serializer serializer, Response response, IBufferWriter<byte> output, SerializerSession session) =>
            serializer.Serialize(response.GetResult<T>(), output, session);
    }
}
