using BenchmarkDotNet.Attributes;
using OrleansRaft.Core;

namespace OrleansRaft.Benchmarks.Micro;

/// <summary>Core's single steps on a leader of one, which appends, writes and commits alone, and the log behind them.</summary>
[MemoryDiagnoser]
public class StepBenchmarks
{
    private const int Commands = 64;
    private const long SnapshotBytes = 4 * 1024 * 1024;

    private readonly List<Effect> effects = [];
    private readonly ReadOnlyMemory<byte>[] commands = [.. Enumerable.Repeat(new ReadOnlyMemory<byte>(new byte[64]), Commands)];
    private RaftCore core = null!;
    private long proposal;

    [GlobalSetup]
    public void Elect()
    {
        core = new RaftCore(
            new ReplicaId(1),
            new RaftSettings(),
            new RecoveredState(default, SnapshotDescriptor.Initial(Configuration.OfVoters(1)), EntryId.Zero, []),
            seed: 1);
        Step(new Campaign());
    }

    [Benchmark]
    public void Tick() => Step(OrleansRaft.Core.Tick.Instance);

    [Benchmark(OperationsPerInvoke = Commands)]
    public void Propose_64_persist_and_apply()
    {
        Step(new Propose(++proposal, commands));
        if (core.BytesSinceSnapshot > SnapshotBytes && core.IdAt(core.AppliedIndex) is { } last)
        {
            Step(new SnapshotSaved(new SnapshotDescriptor(last, core.AppliedTime, core.ConfigurationAt(last.Index), 0)));
        }
    }

    private void Step(Input input)
    {
        core.Step(input, MonotonicTime.Zero, effects);
        for (var place = 0; place < effects.Count || core.HasWrite; place++)
        {
            if (place == effects.Count)
            {
                core.Step(new Persisted(core.TakeWrite().Ticket), MonotonicTime.Zero, effects);
                place--;
            }
            else if (effects[place] is Apply apply)
            {
                core.Step(new EntriesApplied(apply.Entries[^1].Index), MonotonicTime.Zero, effects);
            }
        }

        effects.Clear();
    }
}
