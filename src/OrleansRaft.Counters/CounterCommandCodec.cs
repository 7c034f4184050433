using System.Buffers;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Counters;

/// <summary>
/// The binary form of a <see cref="CounterCommand"/>: one byte that names the kind, then its fields. A kind whose fields change gets a new byte.
/// </summary>
internal sealed class CounterCommandCodec : ICommandCodec<CounterCommand>
{
    private const byte Increment = 1;
    private const byte Set = 2;
    private const byte Delete = 3;
    private const byte Get = 4;
    private const byte List = 5;
    private const byte Measure = 6;

    private static readonly GetCounter TheGet = new();

    /// <inheritdoc/>
    public void Write(CounterCommand value, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        switch (value)
        {
            case IncrementCounter increment:
                writer.WriteByte(Increment);
                writer.WriteInt64(increment.By);
                WriteCondition(writer, Narrowed(increment.Condition, increment.MakesNone));
                break;
            case SetCounter set:
                writer.WriteByte(Set);
                writer.WriteInt64(set.Value);
                WriteCondition(writer, Narrowed(set.Condition, set.MakesNone));
                break;
            case DeleteCounter delete:
                writer.WriteByte(Delete);
                WriteCondition(writer, delete.Condition);
                break;
            case GetCounter:
                writer.WriteByte(Get);
                break;
            case MeasureTenant measure:
                writer.WriteByte(Measure);
                writer.WriteString(measure.Tenant);
                break;
            case ListCounters list:
                writer.WriteByte(List);
                writer.WriteString(list.Tenant);
                writer.WriteString(list.After);
                writer.WriteVarint(list.Limit);
                break;
            default:
                throw new ArgumentException($"{value?.GetType()} has no binary form", nameof(value));
        }
    }

    /// <inheritdoc/>
    public CounterCommand Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes);
        CounterCommand command = reader.ReadByte() switch
        {
            Increment => new IncrementCounter(reader.ReadInt64(), ReadCondition(ref reader)),
            Set => new SetCounter(reader.ReadInt64(), ReadCondition(ref reader)),
            Delete => new DeleteCounter(ReadCondition(ref reader)),
            Get => TheGet,
            Measure => new MeasureTenant(reader.ReadString()),
            List => new ListCounters(reader.ReadString(), reader.ReadString(), reader.ReadInt32(int.MaxValue)),
            var other => throw new CorruptDataException($"{other} is not a known kind of counter command; a newer program may have written it"),
        };
        reader.RequireEnd();
        return command;
    }

    /// <summary>Every program knows this condition, and one that asks for more makes no counter either.</summary>
    private static CounterCondition Narrowed(CounterCondition condition, bool makesNone) =>
        makesNone && condition.Kind == CounterConditionKind.None ? CounterCondition.Exists : condition;

    private static void WriteCondition(WireWriter writer, CounterCondition condition)
    {
        writer.WriteByte((byte)condition.Kind);
        if (condition.Kind == CounterConditionKind.Unchanged)
        {
            writer.WriteVarint(condition.Tag);
        }
    }

    private static CounterCondition ReadCondition(ref WireReader reader) => (CounterConditionKind)reader.ReadByte() switch
    {
        CounterConditionKind.None => CounterCondition.None,
        CounterConditionKind.Exists => CounterCondition.Exists,
        CounterConditionKind.Unchanged => CounterCondition.Unchanged(reader.ReadVarint()),
        var other => throw new CorruptDataException($"{(int)other} is not a known kind of condition (at byte {reader.Position - 1})"),
    };
}
