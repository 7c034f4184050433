using System.Buffers;
using Orleans.Serialization;
using Orleans.Serialization.Session;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>Makes, writes and reads the states of one class.</summary>
internal abstract class StateCodec
{
    /// <summary>The bytes of a new state.</summary>
    public abstract ReadOnlyMemory<byte> Initial { get; }

    /// <summary>The codec for a type of states.</summary>
    public static StateCodec Of(Type state, Serializer serializer) =>
        (StateCodec)Activator.CreateInstance(typeof(Typed<>).MakeGenericType(state), serializer)!;

    /// <summary>A new state.</summary>
    public abstract object New();

    /// <summary>Writes a state.</summary>
    public abstract void Write(object state, IBufferWriter<byte> output, SerializerSession session);

    /// <summary>Reads a state.</summary>
    public abstract object Read(ReadOnlySpan<byte> bytes, SerializerSession session);

    /// <summary>The bytes of a state.</summary>
    public abstract byte[] Write(object state);

    private sealed class Typed<TState>(Serializer serializer) : StateCodec
        where TState : class, new()
    {
        private readonly Serializer<TState> typed = serializer.GetSerializer<TState>();
        private byte[]? initial;

        public override ReadOnlyMemory<byte> Initial => initial ??= Write(New());

        public override object New() => new TState();

        public override byte[] Write(object state) => typed.SerializeToArray((TState)state);

        public override void Write(object state, IBufferWriter<byte> output, SerializerSession session) =>
            typed.Serialize((TState)state, output, session);

        public override object Read(ReadOnlySpan<byte> bytes, SerializerSession session) =>
            typed.Deserialize(bytes, session) ?? throw new InvalidOperationException($"the bytes of a {typeof(TState).FullName} stand for nothing");
    }
}
