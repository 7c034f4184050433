using System.Buffers;
using System.Collections.Immutable;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Counters;

/// <summary>
/// The binary form of a <see cref="CounterResult"/>: one byte that names the kind, then its fields. A kind whose fields change gets a new byte.
/// </summary>
internal sealed class CounterResultCodec : ICommandCodec<CounterResult>
{
    private const byte Value = 1;
    private const byte Deleted = 2;
    private const byte NotFound = 3;
    private const byte Overflow = 4;
    private const byte ConditionFailed = 5;
    private const byte Refused = 6;
    private const byte Page = 7;
    private const byte StateFull = 8;
    private const byte Measured = 9;

    private const int ListedBytesMin = 1 + sizeof(long) + 1 + 1;

    /// <inheritdoc/>
    public void Write(CounterResult value, IBufferWriter<byte> output)
    {
        var writer = new WireWriter(output);
        switch (value)
        {
            case CounterValue counter:
                writer.WriteByte(Value);
                writer.WriteInt64(counter.Value);
                writer.WriteVarint(counter.Index);
                writer.WriteVarint(counter.Term);
                break;
            case CounterDeleted deleted:
                writer.WriteByte(Deleted);
                writer.WriteVarint(deleted.Index);
                writer.WriteVarint(deleted.Term);
                break;
            case CounterNotFound:
                writer.WriteByte(NotFound);
                break;
            case CounterOverflow overflow:
                writer.WriteByte(Overflow);
                writer.WriteInt64(overflow.Value);
                break;
            case CounterConditionFailed failed:
                writer.WriteByte(ConditionFailed);
                writer.WriteVarint(failed.Index);
                break;
            case CounterCommandRefused refused:
                writer.WriteByte(Refused);
                writer.WriteString(refused.Detail);
                break;
            case CounterPage page:
                writer.WriteByte(Page);
                WritePage(writer, page);
                break;
            case CounterStateFull full:
                writer.WriteByte(StateFull);
                writer.WriteVarint(full.Bytes);
                writer.WriteVarint(full.BytesMax);
                break;
            case TenantMeasured measured:
                writer.WriteByte(Measured);
                writer.WriteVarint(measured.Counters);
                writer.WriteVarint(measured.Bytes);
                break;
            default:
                throw new ArgumentException($"{value?.GetType()} has no binary form", nameof(value));
        }
    }

    /// <inheritdoc/>
    public CounterResult Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes);
        CounterResult result = reader.ReadByte() switch
        {
            Value => new CounterValue(reader.ReadInt64(), reader.ReadVarint(), reader.ReadVarint()),
            Deleted => new CounterDeleted(reader.ReadVarint(), reader.ReadVarint()),
            NotFound => CounterNotFound.Instance,
            Overflow => new CounterOverflow(reader.ReadInt64()),
            ConditionFailed => new CounterConditionFailed(reader.ReadVarint()),
            Refused => new CounterCommandRefused(reader.ReadString()),
            Page => ReadPage(ref reader),
            StateFull => new CounterStateFull(reader.ReadVarint(), reader.ReadVarint()),
            Measured => new TenantMeasured(reader.ReadVarint(), reader.ReadVarint()),
            var other => throw new CorruptDataException($"{other} is not a known kind of counter result; a newer program may have written it"),
        };
        reader.RequireEnd();
        return result;
    }

    private static void WritePage(WireWriter writer, CounterPage page)
    {
        writer.WriteBoolean(page.More);
        writer.WriteVarint(page.Counters.Length);
        foreach (ref readonly var counter in page.Counters.AsSpan())
        {
            writer.WriteString(counter.Counter);
            writer.WriteInt64(counter.Value);
            writer.WriteVarint(counter.Index);
            writer.WriteVarint(counter.Term);
        }
    }

    private static CounterPage ReadPage(ref WireReader reader)
    {
        var more = reader.ReadBoolean();
        var counters = ImmutableArray.CreateBuilder<ListedCounter>(reader.ReadCount(ListedBytesMin));
        for (var i = 0; i < counters.Capacity; i++)
        {
            counters.Add(new ListedCounter(reader.ReadString(), reader.ReadInt64(), reader.ReadVarint(), reader.ReadVarint()));
        }

        return new CounterPage(counters.MoveToImmutable(), more);
    }
}
