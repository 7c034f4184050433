using BenchmarkDotNet.Attributes;
using OrleansRaft.Core;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Benchmarks.Micro;

/// <summary>Applying increments: sessions, the counters, and the encoding of results.</summary>
[MemoryDiagnoser]
public class SessionBenchmarks
{
    private const int Count = 64;

    private readonly StateMachineHost<CounterCommand, CounterResult> host = new(
        new CounterMachine(), new CounterCommandCodec(), new CounterResultCodec());
    private readonly Reply[] replies = new Reply[Count];
    private readonly Entry[] entries = new Entry[Count];
    private readonly byte[] body;
    private LogIndex session;
    private long sequence;

    public SessionBenchmarks()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        new CounterCommandCodec().Write(new IncrementCounter(1), output);
        body = output.WrittenSpan.ToArray();
    }

    [GlobalSetup]
    public void Open()
    {
        session = host.AppliedEntry.Index.Next;
        host.Apply([EntryOf(CommandEnvelopeCodec.EncodeOpenSession(new LogTime(1)), session)], replies.AsSpan(0, 1));
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public int Apply_64_increments_in_a_session()
    {
        var index = host.AppliedEntry.Index;
        for (var place = 0; place < Count; place++)
        {
            sequence++;
            index = index.Next;
            entries[place] = EntryOf(
                CommandEnvelopeCodec.Encode(
                    CommandEnvelope.ForSession("bench/hot", body, new LogTime(1), session, sequence, Math.Max(1, sequence - Count))),
                index);
        }

        host.Apply(entries, replies);
        return replies[^1].Body.Length;
    }

    private static Entry EntryOf(ReadOnlyMemory<byte> envelope, LogIndex index) =>
        new(new EntryId(new Term(1), index), EntryKind.Command, LogTime.Zero, envelope);
}
