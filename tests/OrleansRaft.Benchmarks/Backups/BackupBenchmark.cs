using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using HdrHistogram;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansRaft.Grains.Backup;
using OrleansRaft.Runtime;
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
    private static readonly TimeSpan WriteMax = TimeSpan.FromMinutes(1);

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var megabytes = new Option<int>("--megabytes") { Description = "How large the states are, together.", DefaultValueFactory = _ => 1_000 };
        var rate = new Option<int>("--rate")
        {
            Description = "To how many MB a second a backup is kept.", DefaultValueFactory = _ => BackupPace.ByDefault,
        };
        var rounds = new Option<int>("--rounds") { Description = "How often each is measured, in turn.", DefaultValueFactory = _ => 3 };
        var command = new Command(
            "backup", "Measures a backup under load: one silo in this process, logs in memory, one replica of each group. A minute or two.")
        {
            megabytes, rate, rounds,
        };
        command.SetAction((parsed, cancellation) =>
            RunAsync(parsed.GetValue(megabytes), parsed.GetValue(rate), parsed.GetValue(rounds), cancellation));
        return command;
    }

    private static async Task RunAsync(int megabytes, int rate, int rounds, CancellationToken cancellation)
    {
        using var host = Build();
        await host.StartAsync(cancellation);
        var groups = host.Services.GetRequiredService<IGrainFactory>();
        await FillAsync(groups, (long)megabytes * 1_000_000 / ValueBytes);

        var (alone, limited, free) = (new List<Load>(), new List<(Load Load, Made Made)>(), new List<(Load Load, Made Made)>());
        for (var round = 0; round < rounds; round++)
        {
            alone.Add(await LoadAsync(groups, Task.Delay(LoadFor, cancellation)));
            limited.Add(await BesideAsync(host, groups, rate, cancellation));
            free.Add(await BesideAsync(host, groups, 0, cancellation));
        }

        var quiet = await BackUpAsync(host, 0, cancellation);
        var writes = Median(alone, static load => load.PerSecond);
        Console.WriteLine("| | backup | writes | of those without one | p99 |");
        Console.WriteLine("|---|--:|--:|--:|--:|");
        Row("no backup", null, writes, writes, Median(alone, static load => load.P99));
        Print($"at most {rate} MB/s", limited, writes);
        Print("no limit", free, writes);
        Console.WriteLine();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"A backup that nobody disturbs: {quiet.PerSecond / 1e6:N0} MB/s, {quiet.Cpu.TotalMilliseconds / (quiet.Bytes / 1e6):0.00} ms of "
                + $"processor time for each MB."));
        var (read, took) = await ExamineAsync(host.Services.GetRequiredService<ILogStore>(), cancellation);
        var day = took * (1e9 / read) / TimeSpan.FromDays(1);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The scrubber: {read / 1e6 / took.TotalSeconds:N0} MB/s of processor time: a GB once a day takes {100 * day:0.00} % of a core's day."));
        await host.StopAsync(cancellation);
    }

    private static async Task<(Load Load, Made Made)> BesideAsync(IHost host, IGrainFactory groups, int rate, CancellationToken cancellation)
    {
        var backup = Task.Run(() => BackUpAsync(host, rate, cancellation), cancellation);
        return (await LoadAsync(groups, backup), await backup);
    }

    private static async Task<Made> BackUpAsync(IHost host, int rate, CancellationToken cancellation)
    {
        var (watch, before) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        await using var output = new CountingStream();
        var outcome = await host.Services.GetRequiredService<IRaftBackup>().PrepareAsync(cancellation);
        using var prepared = ((Committed<PreparedBackup>)outcome).Value;
        return await prepared.WriteAsync(output, rate, cancellation)
            ? new Made(output.Written, watch.Elapsed, Environment.CpuUsage.TotalTime - before)
            : throw new InvalidOperationException("The backup is not whole.");
    }

    private static void Print(string name, List<(Load Load, Made Made)> measured, double writes) => Row(
        name,
        Median(measured, static one => one.Made.PerSecond),
        Median(measured, static one => one.Load.PerSecond),
        writes,
        Median(measured, static one => one.Load.P99));

    private static void Row(string name, double? bytesPerSecond, double perSecond, double writes, double p99) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {bytesPerSecond / 1e6:N0} MB/s | {perSecond:N0} /s | {100 * perSecond / writes:N0} % | {p99:N1} ms |"));

    private static double Median<T>(List<T> measured, Func<T, double> figure) => measured.Select(figure).Order().ElementAt(measured.Count / 2);

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
    private static async Task<Load> LoadAsync(IGrainFactory groups, Task until)
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
        return new Load(times.TotalCount / watch.Elapsed.TotalSeconds, times.GetValueAtPercentile(99) / (double)TimeSpan.TicksPerMillisecond);
    }

    private static async Task SetAsync(IGrainFactory groups, string key, int bytes)
    {
        // A machine that is busy with other things may keep a group from its leader for a while.
        for (var clock = Stopwatch.StartNew(); ;)
        {
            var outcome = await groups.GetRaftGroup<byte[], int>("values", key).SubmitAsync(new byte[bytes]);
            if (outcome is Committed<int>)
            {
                return;
            }

            if (clock.Elapsed > WriteMax)
            {
                throw new InvalidOperationException($"A write was not committed: {outcome}");
            }
        }
    }

    private sealed record Load(double PerSecond, double P99);

    private sealed record Made(long Bytes, TimeSpan Took, TimeSpan Cpu)
    {
        public double PerSecond => Bytes / Took.TotalSeconds;
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
