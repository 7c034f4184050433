using System.Buffers;
using OrleansRaft.Counters;

namespace OrleansRaft.Benchmarks.Alarm;

/// <summary>Counters in a state machine that has nothing but <c>Capture</c> to be compared by, as many a user's has.</summary>
internal sealed class CapturedCounters : IStateMachine<CounterCommand, CounterResult>
{
    private readonly CounterMachine counters = new();

    public void Apply(ReadOnlySpan<Command<CounterCommand>> commands, Span<CounterResult> results) => counters.Apply(commands, results);

    public CounterResult Query(in Command<CounterCommand> query) => counters.Query(query);

    public void Capture(IBufferWriter<byte> output)
    {
        using var view = counters.TakeView();
        view.Write(output);
    }

    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        using var stream = new MemoryStream(snapshot.ToArray(), writable: false);
        counters.Restore(stream);
    }
}
