using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.Core;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Sqlite;

namespace OrleansRaft.Benchmarks.Core;

/// <summary>What the replicas of a <see cref="DriverGroup"/> keep, and how often they compare it.</summary>
internal sealed record DriverGroupShape
{
    private static readonly int Usual = new RaftOptions().CompareEntries;
    private readonly string[] keys = ["bench/hot"];

    /// <summary>After how many entries states are compared; 0 for never.</summary>
    public int CompareEntries { get; init; } = Usual;

    /// <summary>How many counters there are.</summary>
    public int Counters
    {
        get => keys.Length;
        init => keys = [.. Enumerable.Range(0, value).Select(static number => $"bench/c{number}")];
    }

    /// <summary>Makes the state machine.</summary>
    public Func<IStateMachine<CounterCommand, CounterResult>> Machine { get; init; } = static () => new CounterMachine();

    /// <summary>The counter that a command is for.</summary>
    public string KeyOf(long number) => keys[number % keys.Length];
}

/// <summary>
/// Three replicas as silos run them (drivers, sessions, state machines), in one process on one SQLite file with fsync, without network.
/// </summary>
internal sealed class DriverGroup : IAsyncDisposable
{
    private const int CallersMax = 8;
    private static readonly TimeSpan DeadlineSpan = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(50);

    private readonly string directory = Directory.CreateTempSubdirectory("oraft-core-").FullName;
    private readonly RaftMetrics metrics = new();
    private readonly Dictionary<ReplicaId, Replica> replicas = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly ReadOnlyMemory<byte> command;
    private readonly DriverGroupShape shape;
    private SqliteLogStore? store;
    private Task ticking = Task.CompletedTask;

    private DriverGroup(DriverGroupShape shape)
    {
        this.shape = shape;
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        new CounterCommandCodec().Write(new IncrementCounter(1), output);
        command = output.WrittenMemory;
    }

    private ReplicaDriver Leader => replicas[new ReplicaId(1)].Driver;

    public static async Task<CoreRun> RunAsync(int outstanding, TimeSpan time, DriverGroupShape? shape = null)
    {
        await using var group = new DriverGroup(shape ?? new DriverGroupShape());
        await group.StartAsync();
        await group.SubmitForAsync(outstanding, time / 4);
        var (bytes, used) = (GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime);
        var (count, elapsed) = await group.SubmitForAsync(outstanding, time);
        return new CoreRun(count / elapsed.TotalSeconds, (GC.GetTotalAllocatedBytes() - bytes) / (double)count)
        {
            CpuMicroseconds = (Environment.CpuUsage.TotalTime - used).TotalMicroseconds / count,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await ticking;
        foreach (var replica in replicas.Values)
        {
            replica.Stop();
        }

        if (store is not null)
        {
            await store.DisposeAsync();
        }

        metrics.Dispose();
        stopping.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private async Task StartAsync()
    {
        store = SqliteLogStore.Open(new SqliteStoreOptions { Directory = directory }, TimeProvider.System, NullLogger.Instance);
        await store.InitializeAsync(new ClusterDefinition("bench", [new GroupSet("group", 1, 3)], 1, []), CancellationToken.None);
        for (var id = 1; id <= 3; id++)
        {
            var replica = new Replica(new ReplicaKey("group-0", new ReplicaId(id)), this);
            var log = await store.OpenAsync(replica.Key, replica.Driver.LogEvents, CancellationToken.None);
            await log.WaitUntilMaySpeakAsync(CancellationToken.None);
            replicas.Add(replica.Key.Replica, replica);
            replica.Driver.Start(log);
        }

        ticking = TickAsync();
        Leader.Post(new Campaign());
        while (!Leader.IsLeader)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }
    }

    private async Task TickAsync()
    {
        using var timer = new PeriodicTimer(TickInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
            {
                foreach (var replica in replicas.Values)
                {
                    replica.Driver.Tick();
                }
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }

    private async Task<(long Count, TimeSpan Elapsed)> SubmitForAsync(int outstanding, TimeSpan time)
    {
        var clock = Stopwatch.StartNew();
        var callers = Math.Min(outstanding, CallersMax);
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => CallAsync(outstanding / callers, clock, time))));
        return (counts.Sum(), clock.Elapsed);
    }

    /// <summary>Submits one batch after the other in a session of its own, as a router does.</summary>
    private async Task<long> CallAsync(int batch, Stopwatch clock, TimeSpan time)
    {
        var opened = await Leader.SubmitAsync([CommandEnvelopeCodec.EncodeOpenSession(new LogTime((long)DeadlineSpan.TotalMilliseconds * 100))]);
        var (session, now) = (opened.Replies[0].Entry.Index, opened.Time);
        long sequence = 0;
        while (clock.Elapsed < time)
        {
            var envelopes = new ReadOnlyMemory<byte>[batch];
            for (var place = 0; place < batch; place++)
            {
                envelopes[place] = CommandEnvelopeCodec.Encode(CommandEnvelope.ForSession(
                    shape.KeyOf(sequence + place), command, now + (long)DeadlineSpan.TotalMilliseconds, session, sequence + place + 1, sequence + 1));
            }

            var answer = await Leader.SubmitAsync(envelopes);
            Invariant.Holds(Array.TrueForAll(answer.Replies, static reply => reply.Kind == ReplyKind.Committed), "every command is committed");
            now = answer.Time;
            sequence += batch;
        }

        return sequence;
    }

    private sealed class Replica : IReplicaHost, IReplicaTransport, IThreadPoolWorkItem
    {
        private readonly DriverGroup group;
        private readonly Lock turn = new();

        public Replica(ReplicaKey key, DriverGroup group)
        {
            Key = key;
            this.group = group;
            Driver = new ReplicaDriver(
                key,
                new RaftOptions { QuiesceTicks = 0, RoundBytesMin = 0, CompareEntries = group.shape.CompareEntries },
                new StateMachineHost<CounterCommand, CounterResult>(group.shape.Machine(), new CounterCommandCodec(), new CounterResultCodec()),
                this,
                this,
                TimeProvider.System,
                group.metrics,
                NullLogger.Instance,
                (ulong)key.Replica.Value);
        }

        public ReplicaKey Key { get; }

        public ReplicaDriver Driver { get; }

        public void Stop()
        {
            lock (turn)
            {
                Driver.Stop();
            }
        }

        public void Schedule() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

        public void Execute()
        {
            lock (turn)
            {
                Driver.Run();
            }
        }

        public void OnStopped(Exception cause) => Environment.FailFast($"{Key} stopped", cause);

        public void Send(ReplicaId to, Message message)
        {
            if (group.replicas.TryGetValue(to, out var replica))
            {
                replica.Driver.Receive(Key.Replica, message);
            }
        }
    }
}
