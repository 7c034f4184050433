using System.Buffers;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;
using OrleansRaft.Core;

namespace OrleansRaft.Client;

/// <summary>
/// A command or a result on its way between a client and a silo; or a sentence in its place, where one of them cannot write or read it.
/// </summary>
/// <remarks>
/// Orleans would fail the whole call. Whoever made it then knows neither whether the command was read, and so applied, nor that a repetition fails
/// again.
/// </remarks>
/// <typeparam name="T">Its type.</typeparam>
/// <param name="Value">The value; the default where there is a problem.</param>
/// <param name="Problem">Why it could not be written or read; null when it could.</param>
[Alias("raft-carried`1")]
internal readonly record struct Carried<T>(T Value, string? Problem = null)
{
    /// <summary>The version of the state machine that a command or query needs, as its sender knows; 0 where it says nothing.</summary>
    public int Needs { get; init; }

    /// <summary>What makes a command the same request in other bytes, as its sender knows; null where it says nothing.</summary>
    public ulong? Identity { get; init; }

    /// <summary>What stands for a value that cannot be written.</summary>
    public static Carried<T> Unwritten(T value, Exception cause) => new(
        default!, $"the {(value?.GetType() ?? typeof(T)).FullName} cannot be serialized ({cause.Message.TrimEnd('.')}); {Serializers.Remedy}");

    /// <summary>What stands for a value that cannot be read.</summary>
    public static Carried<T> Unread(Exception cause) => new(
        default!,
        $"the {typeof(T).FullName} that was sent cannot be read ({cause.Message.TrimEnd('.')}); "
            + "clients and silos need programs that know the same types.");
}

/// <summary>Writes the value as bytes of a known length, so that a failure to write or read it is its own.</summary>
/// <param name="serializer">Orleans' serializer, which looks for the value's own when it is asked.</param>
[RegisterSerializer]
internal sealed class CarriedCodec<T>(Serializer serializer) : IFieldCodec<Carried<T>>
{
    /// <inheritdoc/>
    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, Carried<T> value)
        where TBufferWriter : IBufferWriter<byte>
    {
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(Carried<T>), WireType.TagDelimited);
        var (bytes, problem) = Encode(value);
        StringCodec.WriteField(ref writer, 0, problem);
        ByteArrayCodec.WriteField(ref writer, 1, bytes);
        if (value.Needs > MachineVersions.Initial)
        {
            Int32Codec.WriteField(ref writer, 1, value.Needs);
        }

        if (value.Identity is { } identity)
        {
            UInt64Codec.WriteField(ref writer, value.Needs > MachineVersions.Initial ? 1U : 2U, identity);
        }

        writer.WriteEndObject();
    }

    /// <inheritdoc/>
    public Carried<T> ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        ReferenceCodec.MarkValueField(reader.Session);
        field.EnsureWireTypeTagDelimited();
        string? problem = null;
        byte[] bytes = [];
        var needs = 0;
        ulong? identity = null;
        uint id = 0;
        while (true)
        {
            var part = reader.ReadFieldHeader();
            if (part.IsEndBaseOrEndObject)
            {
                return (problem is null ? Decode(bytes) : new Carried<T>(default!, problem)) with { Needs = needs, Identity = identity };
            }

            id += part.FieldIdDelta;
            switch (id)
            {
                case 0:
                    problem = StringCodec.ReadValue(ref reader, part);
                    break;
                case 1:
                    bytes = ByteArrayCodec.ReadValue(ref reader, part) ?? [];
                    break;
                case 2:
                    needs = Int32Codec.ReadValue(ref reader, part);
                    break;
                case 3:
                    identity = UInt64Codec.ReadValue(ref reader, part);
                    break;
                default:
                    reader.ConsumeUnknownField(part);
                    break;
            }
        }
    }

    private (byte[] Bytes, string? Problem) Encode(in Carried<T> carried)
    {
        if (carried.Problem is not null)
        {
            return ([], carried.Problem);
        }

        try
        {
            return (serializer.SerializeToArray(carried.Value), null);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return ([], Carried<T>.Unwritten(carried.Value, exception).Problem);
        }
    }

    private Carried<T> Decode(byte[] bytes)
    {
        try
        {
            return new Carried<T>(serializer.Deserialize<T>(bytes)!);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return Carried<T>.Unread(exception);
        }
    }
}

/// <summary>Copies the value, as Orleans does with what stays in a process.</summary>
/// <param name="copier">Orleans' copier, which looks for the value's own when it is asked.</param>
[RegisterCopier]
internal sealed class CarriedCopier<T>(DeepCopier copier) : IDeepCopier<Carried<T>>
{
    /// <inheritdoc/>
    public Carried<T> DeepCopy(Carried<T> input, CopyContext context)
    {
        if (input.Problem is not null)
        {
            return input;
        }

        try
        {
            return input with { Value = copier.Copy(input.Value)! };
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return Carried<T>.Unwritten(input.Value, exception);
        }
    }
}
