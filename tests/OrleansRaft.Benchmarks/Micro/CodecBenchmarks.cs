using BenchmarkDotNet.Attributes;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;

namespace OrleansRaft.Benchmarks.Micro;

/// <summary>The binary forms: a block of 64 entries, an AppendEntries around it, and a command's envelope.</summary>
[MemoryDiagnoser]
public class CodecBenchmarks
{
    private const int Count = 64;

    private readonly Entry[] entries =
    [
        .. Enumerable.Range(1, Count).Select(
            static index => new Entry(new EntryId(new Term(1), new LogIndex(index)), EntryKind.Command, new LogTime(index), new byte[64])),
    ];

    private readonly ReadOnlyMemory<byte> body = Encoded(new IncrementCounter(1));
    private ReadOnlyMemory<byte> block;
    private ReadOnlyMemory<byte> message;
    private ReadOnlyMemory<byte> envelope;

    [GlobalSetup]
    public void Encode()
    {
        block = new EntryBlock(EntryId.Zero, entries).Encoded;
        message = Append_of_64_entries();
        envelope = Envelope();
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public int Encode_a_block_of_64_entries() => new EntryBlock(EntryId.Zero, entries).Encoded.Length;

    [Benchmark(OperationsPerInvoke = Count)]
    public int Decode_a_block_of_64_entries() => EntryBlock.Decode(block).Count;

    [Benchmark(OperationsPerInvoke = Count)]
    public ReadOnlyMemory<byte> Append_of_64_entries()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        MessageCodec.Encode(
            new AppendEntries(new Term(1), LogIndex.Zero, new EntryBlock(EntryId.Zero, entries), LogIndex.Zero, ReadSequence.Zero), output);
        return output.WrittenMemory;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public object Read_an_append_of_64_entries() => MessageCodec.Decode(message);

    [Benchmark]
    public ReadOnlyMemory<byte> Envelope() =>
        CommandEnvelopeCodec.Encode(CommandEnvelope.ForSession("bench/hot", body, new LogTime(1_000), new LogIndex(1), 1, 1));

    [Benchmark]
    public long Read_an_envelope() => CommandEnvelopeCodec.Decode(envelope).Sequence;

    private static ReadOnlyMemory<byte> Encoded(CounterCommand command)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        new CounterCommandCodec().Write(command, output);
        return output.WrittenMemory;
    }
}
