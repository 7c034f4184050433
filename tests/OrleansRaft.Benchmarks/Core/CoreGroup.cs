using System.Diagnostics;
using OrleansRaft.Core;

namespace OrleansRaft.Benchmarks.Core;

/// <summary>
/// Three replicas of Core on one thread: messages are handed over at once, writes are durable at once, what is committed counts as applied.
/// </summary>
/// <remarks>Proposals that are ready together are one proposal, as a driver makes it of what waits in its inbox.</remarks>
internal sealed class CoreGroup
{
    private const int Voters = 3;
    private const int BodyBytes = 64;
    private const int SnapshotBytes = 8 * 1024 * 1024;

    private static readonly RaftSettings Settings = new()
    {
        InflightMessagesMax = 1_024,
        AppendBytesMax = 4 * 1024 * 1024,
        ApplyBytesMax = 1024 * 1024,
        QuiesceTicks = 0,
    };

    private readonly RaftCore[] replicas;
    private readonly Queue<(ReplicaId To, Receive Input)> network = new();
    private readonly List<Effect> effects = [];
    private readonly Configuration configuration = Configuration.OfVoters(Voters);
    private MonotonicTime now;
    private long applied;

    private CoreGroup()
    {
        var recovered = new RecoveredState(default, SnapshotDescriptor.Initial(configuration), EntryId.Zero, []);
        replicas = [.. Enumerable.Range(1, Voters).Select(id => new RaftCore(new ReplicaId(id), Settings, recovered, (ulong)id))];
    }

    private RaftCore Leader => replicas[0];

    public static CoreRun Run(int outstanding, TimeSpan time)
    {
        var group = new CoreGroup();
        group.Elect();
        var commands = new ReadOnlyMemory<byte>[outstanding];
        Array.Fill(commands, new byte[BodyBytes]);
        group.ProposeFor(commands, time / 4);
        var (before, bytes, used) = (group.applied, GC.GetAllocatedBytesForCurrentThread(), Environment.CpuUsage.TotalTime);
        var elapsed = group.ProposeFor(commands, time);
        var count = group.applied - before;
        return new CoreRun(count / elapsed.TotalSeconds, (GC.GetAllocatedBytesForCurrentThread() - bytes) / (double)count)
        {
            CpuMicroseconds = (Environment.CpuUsage.TotalTime - used).TotalMicroseconds / count,
        };
    }

    private TimeSpan ProposeFor(ReadOnlyMemory<byte>[] commands, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        for (long proposal = 1; clock.Elapsed < time; proposal++)
        {
            now = new MonotonicTime(clock.ElapsedMilliseconds);
            var before = applied;
            Step(Leader, new Propose(proposal, commands));
            Settle();
            Invariant.Holds(applied == before + commands.Length, "every proposal is applied before the next is made");
            Compact();
        }

        return clock.Elapsed;
    }

    private void Elect()
    {
        Step(Leader, new Campaign());
        Settle();
        Invariant.Holds(Leader.Role == RaftRole.Leader, "the first replica wins the only election");
    }

    private void Settle()
    {
        while (network.TryDequeue(out var message))
        {
            Step(replicas[message.To.Value - 1], message.Input);
        }
    }

    /// <summary>Takes an input to its end: what is to be applied is, what is to be written is durable, and only then messages leave.</summary>
    private void Step(RaftCore replica, Input input)
    {
        replica.Step(input, now, effects);
        for (var place = 0; place < effects.Count || replica.HasWrite; place++)
        {
            if (place == effects.Count)
            {
                replica.Step(new Persisted(replica.TakeWrite().Ticket), now, effects);
                place--;
            }
            else if (effects[place] is Apply apply)
            {
                Count(replica, apply);
                replica.Step(new EntriesApplied(apply.Entries[^1].Index), now, effects);
            }
        }

        foreach (var effect in effects)
        {
            if (effect is Send send)
            {
                network.Enqueue((send.To, new Receive(replica.Id, send.Message)));
            }
        }

        effects.Clear();
    }

    private void Count(RaftCore replica, Apply apply)
    {
        if (replica == Leader)
        {
            applied += apply.Entries.Count;
        }
    }

    /// <summary>Forgets what every replica has applied, as a snapshot allows.</summary>
    private void Compact()
    {
        foreach (var replica in replicas)
        {
            if (replica.BytesSinceSnapshot > SnapshotBytes && replica.IdAt(replica.AppliedIndex) is { } last)
            {
                Step(replica, new SnapshotSaved(new SnapshotDescriptor(last, replica.AppliedTime, replica.ConfigurationAt(last.Index), 0)));
            }
        }
    }
}
