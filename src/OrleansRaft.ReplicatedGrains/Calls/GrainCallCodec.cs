using System.Buffers;
using Orleans.Serialization;
using OrleansRaft.Core.Codec;
using OrleansRaft.ReplicatedGrains.Execution;
using OrleansRaft.Runtime.Machines;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>
/// The binary form of calls that logs keep: a byte, the grain's key where it has one of its own, and the request by Orleans' serializer.
/// </summary>
/// <param name="serializer">Orleans' serializer.</param>
/// <param name="set">The set whose replicas read calls; null where nothing but the form is read.</param>
internal sealed class GrainCallCodec(Serializer serializer, GrainSet? set) : ICommandCodec<GrainCall>
{
    private const byte OfItsPartition = 1;
    private const byte WithKey = 2;

    private readonly BareRequests bare = new();

    /// <inheritdoc/>
    public void Write(GrainCall value, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        if (value.Key is null)
        {
            writer.WriteByte(OfItsPartition);
        }
        else
        {
            writer.WriteByte(WithKey);
            writer.WriteString(value.Key);
        }

        writer.WriteRaw(value.Request);
    }

    /// <inheritdoc/>
    public ulong? IdentityOf(GrainCall value) => value.Identity;

    /// <inheritdoc/>
    public GrainCall Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes);
        var key = reader.ReadByte() switch
        {
            OfItsPartition => null,
            WithKey => reader.ReadString(),
            var other => throw new CorruptDataException($"a call begins with {other}, which this program does not know"),
        };
        var request = reader.ReadRest();
        if (set is null)
        {
            return new GrainCall { Key = key, Request = request.ToArray() };
        }

        return new GrainCall { Key = key, Read = ReadRequest(request.Span, set) };
    }

    private IRequest ReadRequest(ReadOnlySpan<byte> bytes, GrainSet known)
    {
        if (bare.Make(bytes) is { } made)
        {
            return made;
        }

        IRequest? request;
        try
        {
            request = serializer.Deserialize<object>(bytes) as IRequest;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            throw new CorruptDataException(
                $"the call of a replicated grain of the set '{known.Name}' cannot be read ({ThrownText.Of(exception)}); this silo's program "
                    + "lacks its "
                + "interface, its method or a type of its arguments, or knows them under other names: run the same program everywhere, and give "
                + "interfaces "
                + "and methods an [Alias] before they are renamed",
                exception);
        }

        var type = request?.GetInterfaceType() ?? throw new CorruptDataException("what stands for the call of a replicated grain is none");
        if (known.Find(type) is null)
        {
            throw new CorruptDataException(
                $"no class of the set '{known.Name}' on this silo has the interface {type.FullName}; add it with "
                + "AddReplicatedGrains(..., grains => grains.Add<...>()) on every silo");
        }

        bare.Learn(bytes, request);
        return request;
    }
}
