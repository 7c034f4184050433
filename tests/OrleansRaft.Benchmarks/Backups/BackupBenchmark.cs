using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using HdrHistogram;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using OrleansRaft.Client;
using OrleansRaft.Grains.Backup;
using OrleansRaft.Grains.Hosting;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.State;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Backups;

/// <summary><c>backup</c>: how fast a cluster of one silo is backed up while it is written to, and what the writers notice of it.</summary>
internal static class BackupBenchmark
{
    private const int Groups = 16;
    private const int ValueBytes = 32 * 1024;
    private const int Writers = 64;
    private static readonly TimeSpan LoadFor = TimeSpan.FromSeconds(10);

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var megabytes = new Option<int>("--megabytes") { Description = "How large the states are, together.", DefaultValueFactory = _ => 1_000 };
        var command = new Command(
            "backup", "Measures a backup under load: one silo in this process, logs in memory, one replica of each group. A minute or two.")
        {
            megabytes,
        };
        command.SetAction((parsed, cancellation) => RunAsync(parsed.GetValue(megabytes), cancellation));
        return command;
    }

    private static async Task RunAsync(int megabytes, CancellationToken cancellation)
    {
        using var host = Build();
        await host.StartAsync(cancellation);
        var groups = host.Services.GetRequiredService<IGrainFactory>();
        await FillAsync(groups, (long)megabytes * 1_000_000 / ValueBytes);

        var alone = await LoadAsync(groups, Task.Delay(LoadFor, cancellation));
        var watch = Stopwatch.StartNew();
        long bytes = 0;
        var beside = await LoadAsync(groups, Task.Run(
            async () =>
            {
                await using var output = new CountingStream();
                var outcome = await host.Services.GetRequiredService<IRaftBackup>().PrepareAsync(cancellation);
                using var prepared = ((Committed<PreparedBackup>)outcome).Value;
                if (!await prepared.WriteAsync(output, cancellation))
                {
                    throw new InvalidOperationException("The backup is not whole.");
                }

                bytes = output.Written;
                watch.Stop();
            },
            cancellation));

        Console.WriteLine("| | |");
        Console.WriteLine("|---|--:|");
        Row("backup", $"{bytes / 1e6:N0} MB in {watch.Elapsed.TotalSeconds:N1} s: {bytes / 1e6 / watch.Elapsed.TotalSeconds:N0} MB/s");
        Row("writes without one", $"{alone.PerSecond:N0} a second, p99 {alone.P99:N1} ms");
        Row("writes meanwhile", $"{beside.PerSecond:N0} a second ({100 * beside.PerSecond / alone.PerSecond:N0} %), p99 {beside.P99:N1} ms");
        var (read, took) = await ExamineAsync(host.Services.GetRequiredService<ILogStore>(), cancellation);
        var day = took * (1e9 / read) / TimeSpan.FromDays(1);
        Row("scrubber", $"{read / 1e6 / took.TotalSeconds:N0} MB/s of processor time: a GB once a day takes {100 * day:0.00} % of a core's day");
        await host.StopAsync(cancellation);
    }

    /// <summary>What the scrubber does with every replica here, without the pauses that keep it below a hundredth of the time.</summary>
    private static async Task<(long Bytes, TimeSpan Took)> ExamineAsync(ILogStore store, CancellationToken cancellation)
    {
        var (bytes, before) = (0L, Environment.CpuUsage.TotalTime);
        foreach (var key in await store.ListReplicasAsync(cancellation))
        {
            var examined = await Examination.RunAsync(store, key, null, null, cancellation);
            bytes += examined!.LogBytes + examined.SnapshotBytes;
        }

        return (bytes, Environment.CpuUsage.TotalTime - before);
    }

    private static void Row(string name, FormattableString figure) =>
        Console.WriteLine($"| {name} | {figure.ToString(CultureInfo.InvariantCulture)} |");

    private static IHost Build()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning);
        builder.UseOrleans(static silo => silo
            .UseLocalhostClustering(FreePorts.Next(), FreePorts.Next())
            .AddRaft(static raft => raft.UseMemory())
            .AddRaftStateMachine<byte[], int, Values>("values", Groups, replicas: 1));
        return builder.Build();
    }

    private static async Task FillAsync(IGrainFactory groups, long count)
    {
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            for (var number = Interlocked.Decrement(ref left); number >= 0; number = Interlocked.Decrement(ref left))
            {
                await SetAsync(groups, $"v{number}", ValueBytes);
            }
        }));
    }

    /// <summary>Small writes by many, until something ends.</summary>
    private static async Task<(double PerSecond, double P99)> LoadAsync(IGrainFactory groups, Task until)
    {
        var times = new LongConcurrentHistogram(1, TimeSpan.TicksPerMinute, 3);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            for (var number = 0; !until.IsCompleted; number++)
            {
                var began = watch.Elapsed;
                await SetAsync(groups, $"w{writer}-{number % 1_000}", 16);
                times.RecordValue(Math.Max(1, (watch.Elapsed - began).Ticks));
            }
        })));
        await until;
        return (times.TotalCount / watch.Elapsed.TotalSeconds, times.GetValueAtPercentile(99) / (double)TimeSpan.TicksPerMillisecond);
    }

    private static async Task SetAsync(IGrainFactory groups, string key, int bytes)
    {
        var outcome = await groups.GetRaftGroup<byte[], int>("values", key).SubmitAsync(new byte[bytes]);
        if (outcome is not Committed<int>)
        {
            throw new InvalidOperationException($"A write was not committed: {outcome}");
        }
    }

    /// <summary>A value for each key.</summary>
    internal sealed class Values : IViewStateMachine<byte[], int>
    {
        private readonly KeyedState state = new();

        public void Apply(ReadOnlySpan<Command<byte[]>> commands, Span<int> results)
        {
            for (var i = 0; i < commands.Length; i++)
            {
                state.Set(System.Text.Encoding.UTF8.GetBytes(commands[i].Key), commands[i].Value);
                results[i] = commands[i].Value.Length;
            }
        }

        public int Query(in Command<byte[]> query) => 0;

        public IStateView TakeView() => state.View();

        public void Restore(Stream snapshot) => state.Restore(snapshot);
    }

    private sealed class CountingStream : MemoryStream
    {
        public long Written { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written += buffer.Length;
            return default;
        }
    }
}
