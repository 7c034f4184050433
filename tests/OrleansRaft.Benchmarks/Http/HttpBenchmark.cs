using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Macro;
using OrleansRaft.Benchmarks.Plain;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Http;

/// <summary>
/// <c>http</c>: what our HTTP costs beyond Kestrel with an empty handler, for increments and reads: the processor time of a silo over HTTP, less that
/// of the same silo for callers in its own process, less the floor's.
/// </summary>
internal static class HttpBenchmark
{
    private const string Tenant = "bench";
    private const double Goal = 15;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);
    private static readonly IncrementCounter One = new(1);
    private static readonly GetCounter TheGet = new();
    private static readonly string[] Names = [.. Macro.Counters.Names(Macro.Counters.Many)];

    public static Command Create()
    {
        var connections = new Option<int>("--connections") { Description = "HTTP connections, or callers.", DefaultValueFactory = static _ => 64 };
        var rounds = new Option<int>("--rounds") { Description = "How often all is measured; medians count.", DefaultValueFactory = static _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "The length of each measurement.", DefaultValueFactory = static _ => 3 };
        var command = new Command(
            "http",
            "Measures in turn what a request costs in processor time: of Kestrel with an empty handler; of 'oraft serve' with one group of one "
                + "replica in memory; and of such a silo that is asked by callers in its own process. What is left of the second without the other "
                + "two is what our HTTP costs.")
        {
            connections, rounds, seconds,
        };
        command.SetAction((parsed, cancellation) => RunAsync(
            parsed.GetValue(connections), Math.Max(1, parsed.GetValue(rounds)), TimeSpan.FromSeconds(parsed.GetValue(seconds)), cancellation));
        return command;
    }

    private static async Task RunAsync(int connections, int rounds, TimeSpan length, CancellationToken cancellation)
    {
        var port = FreePorts.Next().ToString(CultureInfo.InvariantCulture);
        await using var floor = OraftProcess.StartProgram(typeof(HttpBenchmark).Assembly.Location, [PlainKestrel.Verb, "--port", port]);
        await using var silo = new OraftSilo("http-silo", ["--store", "memory", "--groups", "1", "--replicas", "1"]);
        silo.Start();
        using var direct = NewDirectSilo();
        await direct.StartAsync(cancellation);
        await silo.WaitUntilReadyAsync();
        var grains = direct.Services.GetRequiredService<IGrainFactory>();
        var address = new Uri($"http://127.0.0.1:{port}");
        Row[] rows =
        [
            new("Kestrel, empty handler", () => OverHttpAsync(address, connections, floor.Id, Post, length)),
            new("increment over HTTP", () => OverHttpAsync(silo.Address, connections, silo.Process.Id, Post, length)),
            new("increment within the silo's process", () => WithinAsync(connections, key => IncrementAsync(grains, key), length)),
            new("linearizable read over HTTP", () => OverHttpAsync(silo.Address, connections, silo.Process.Id, Get, length)),
            new("linearizable read within the silo's process", () => WithinAsync(connections, key => ReadAsync(grains, key), length)),
        ];
        await Console.Error.WriteLineAsync("warming up");
        await OverHttpAsync(address, connections, floor.Id, Post, WarmUp);
        await OverHttpAsync(silo.Address, connections, silo.Process.Id, Post, WarmUp);
        await OverHttpAsync(silo.Address, connections, silo.Process.Id, Get, WarmUp);
        await WithinAsync(connections, key => IncrementAsync(grains, key), WarmUp);
        await WithinAsync(connections, key => ReadAsync(grains, key), WarmUp);
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var row in rows)
            {
                row.Figures.Add(await row.Measure());
                await Console.Error.WriteLineAsync($"{round}/{rounds} {row.Name}: {row.Figures[^1]}");
            }
        }

        await direct.StopAsync(cancellation);
        await PrintAsync(rows, connections);
    }

    private static IHost NewDirectSilo()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering(FreePorts.Next(), FreePorts.Next(), null, "http-direct", "http-direct")
            .Configure<EndpointOptions>(static options => options.AdvertisedIPAddress = IPAddress.Loopback)
            .AddRaft(static raft => raft.UseMemory())
            .AddRaftCounters(groups: 1, replicas: 1));
        return builder.Build();
    }

    private static ReadOnlyMemory<byte> Post(Uri server, string counter) =>
        HttpRequests.Post(server, $"/api/v1/tenants/{Tenant}/counters/{counter}/increment", """{"by":1}""");

    private static ReadOnlyMemory<byte> Get(Uri server, string counter) =>
        HttpRequests.Get(server, $"/api/v1/tenants/{Tenant}/counters/{counter}");

    private static async Task<Cost> OverHttpAsync(
        Uri server, int connections, int processId, Func<Uri, string, ReadOnlyMemory<byte>> request, TimeSpan length)
    {
        ReadOnlyMemory<byte>[] requests = [.. Names.Select(counter => request(server, counter))];
        using var process = Process.GetProcessById(processId);
        var before = process.TotalProcessorTime;
        var result = await HttpLoad.RunAsync(
            [server], connections, number => new DrawnRequest(requests, number), new LoadTimes(TimeSpan.Zero, length));
        process.Refresh();
        return Cost.Of(result, process.TotalProcessorTime - before);
    }

    private static async Task<Cost> WithinAsync(int callers, Func<string, Task<bool>> call, TimeSpan length)
    {
        var before = Environment.CpuUsage.TotalTime;
        var result = await TaskLoad.RunAsync(
            callers,
            async _ => await call(Names[Random.Shared.Next(Names.Length)]) ? OperationStep.Done : OperationStep.Refused,
            new LoadTimes(TimeSpan.Zero, length));
        return Cost.Of(result, Environment.CpuUsage.TotalTime - before);
    }

    private static async Task<bool> IncrementAsync(IGrainFactory grains, string key) =>
        await Group(grains, key).SubmitAsync(One) is Committed<CounterResult> { Value: CounterValue };

    private static async Task<bool> ReadAsync(IGrainFactory grains, string key) =>
        await Group(grains, key).QueryAsync(TheGet) is Committed<CounterResult> { Value: CounterValue };

    private static RaftGroup<CounterCommand, CounterResult> Group(IGrainFactory grains, string key) =>
        grains.GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, $"{Tenant}/{key}");

    private static async Task PrintAsync(Row[] rows, int connections)
    {
        Console.WriteLine($"{await Machine.DescribeAsync()}");
        Console.WriteLine();
        Console.WriteLine($"| {connections} connections, or callers | per second | processor time for one, us (min to max) |");
        Console.WriteLine("|---|--:|--:|");
        foreach (var row in rows)
        {
            var (rate, cpu) = (Spread.Of(row.Figures.Select(static one => one.PerSecond)), row.Cpu);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {row.Name} | {rate.Median:N0} | {cpu.Median:0.0} ({cpu.Min:0.0} to {cpu.Max:0.0}) |"));
        }

        Console.WriteLine();
        foreach (var (name, over, within) in new[] { ("an increment", rows[1], rows[2]), ("a linearizable read", rows[3], rows[4]) })
        {
            var ours = over.Cpu.Median - within.Cpu.Median - rows[0].Cpu.Median;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"HTTP of {name} beyond the empty handler: {ours:0.0} us; the goal is {Goal:0} us{(ours <= Goal ? "" : ", missed")}."));
        }
    }

    private sealed record Row(string Name, Func<Task<Cost>> Measure)
    {
        public List<Cost> Figures { get; } = [];

        public Spread Cpu => Spread.Of(Figures.Select(static one => one.Microseconds));
    }

    private sealed record Cost(double PerSecond, double Microseconds)
    {
        public static Cost Of(LoadResult result, TimeSpan used) => result is { Refused: 0, Open: 0 }
            ? new Cost(result.Only.PerSecond, used.TotalMicroseconds / Math.Max(1, result.Acknowledged))
            : throw new InvalidOperationException($"{result.Refused} requests were refused and {result.Open} left open: {result.Complaint}");

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{PerSecond:0}/s, {Microseconds:0.0} us");
    }
}
