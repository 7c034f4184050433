using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>A set with the services of a silo: what its machines share. Any thread.</summary>
internal sealed class BoundSet
{
    private readonly Dictionary<GrainClass, StateCodec> codecs = [];

    /// <summary>Tries every class out.</summary>
    /// <exception cref="InvalidOperationException">One cannot be used; the message says why, and what to do.</exception>
    public BoundSet(GrainSet set, IServiceProvider services)
    {
        (Set, Services, Tools) = (set, services, CallTools.Of(services));
        foreach (var one in set.Classes)
        {
            if (one.FindUnserializable(services) is { } problem)
            {
                throw new InvalidOperationException(problem);
            }

            var codec = StateCodec.Of(one.State, Tools.Serializer);
            if (!codec.Write(codec.New()).AsSpan().SequenceEqual(codec.Write(codec.New())))
            {
                throw new InvalidOperationException(
                    $"Two new states of {one.Type.FullName}, of type {one.State.FullName}, differ, and so would those of replicas: use no clock, no "
                    + "randomness and nothing of the surroundings in its constructor and initializers.");
            }

            codecs.Add(one, codec);
        }
    }

    /// <summary>The set.</summary>
    public GrainSet Set { get; }

    /// <summary>What grains are made with.</summary>
    public IServiceProvider Services { get; }

    /// <summary>What calls need.</summary>
    public CallTools Tools { get; }

    /// <summary>The states of a class.</summary>
    public StateCodec CodecOf(GrainClass grainClass) => codecs[grainClass];
}
