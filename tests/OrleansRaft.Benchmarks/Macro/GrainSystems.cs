using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Plain;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>The same silos as <see cref="OraftSystem"/>, through grain calls from an Orleans client: this process.</summary>
internal sealed class GrainCalls : ISystem
{
    public const string SystemName = "OrleansRaft grain calls";

    private const string Tenant = "grains";
    private static readonly GetCounter TheGet = new();
    private static readonly IncrementCounter One = new(1);

    private readonly IHost client;
    private readonly IGrainFactory grains;
    private readonly Tally tally = new();

    private GrainCalls(IHost client)
    {
        this.client = client;
        grains = client.Services.GetRequiredService<IGrainFactory>();
        Scenarios =
        [
            .. new[] { 1, Counters.Many }.SelectMany(keys => new Scenario[]
            {
                new(
                    Name,
                    OraftSystem.Increment,
                    keys,
                    async (connections, times) => tally.Add(await RunAsync(keys, connections, times, IncrementAsync))),
                new(Name, OraftSystem.Read, keys, (connections, times) => RunAsync(keys, connections, times, ReadAsync)),
            }),
        ];
    }

    public string Name => SystemName;

    public IReadOnlyList<Scenario> Scenarios { get; }

    public static async Task<GrainCalls> StartAsync(string postgres, string clusterId)
    {
        var system = new GrainCalls(await OrleansClient.ConnectAsync(postgres, clusterId, silos: 3));
        await Task.WhenAll(
            Counters.Names(Counters.Many).Concat(Counters.Names(1)).Select(name => system.Group(name).SubmitAsync(new IncrementCounter(0))));
        return system;
    }

    public async Task<IReadOnlyList<string>> VerifyAsync()
    {
        var values = await Task.WhenAll(Counters.Names(Counters.Many).Concat(Counters.Names(1)).Select(name => Group(name).QueryAsync(TheGet)));
        var sum = values.Sum(static outcome => outcome is Committed<CounterResult> { Value: CounterValue counter } ? counter.Value : 0);
        return [.. new[] { tally.Check("The counters of grain calls", sum) }.OfType<string>()];
    }

    public async ValueTask DisposeAsync()
    {
        await client.StopAsync();
        client.Dispose();
    }

    private static Task<LoadResult> RunAsync(int keys, int connections, LoadTimes times, Func<string, Task<OperationStep>> call)
    {
        string[] names = [.. Counters.Names(keys)];
        return TaskLoad.RunAsync(connections, _ => call(names[Random.Shared.Next(names.Length)]), times);
    }

    private RaftGroup<CounterCommand, CounterResult> Group(string name) =>
        grains.GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, $"{Tenant}/{name}");

    private async Task<OperationStep> IncrementAsync(string name) => await Group(name).SubmitAsync(One) switch
    {
        Committed<CounterResult> { Value: CounterValue } => OperationStep.Done,
        Rejected<CounterResult> => OperationStep.Refused,
        _ => OperationStep.Open,
    };

    private async Task<OperationStep> ReadAsync(string name) =>
        await Group(name).QueryAsync(TheGet) is Committed<CounterResult> { Value: CounterValue } ? OperationStep.Done : OperationStep.Refused;
}

/// <summary>Three silos of plain Orleans with a grain that persists each increment, through grain calls from this process.</summary>
internal sealed class PlainGrains : ISystem
{
    public const string SystemName = "AdoNet grain";

    private readonly PlainSilos silos;
    private readonly IHost client;
    private readonly IGrainFactory grains;
    private readonly Tally tally = new();

    private PlainGrains(PlainSilos silos, IHost client)
    {
        this.silos = silos;
        this.client = client;
        grains = client.Services.GetRequiredService<IGrainFactory>();
        Scenarios =
        [
            .. new[] { 1, Counters.Many }.Select(keys =>
                new Scenario(Name, OraftSystem.Increment, keys, async (connections, times) => tally.Add(await RunAsync(keys, connections, times)))),
        ];
    }

    public string Name => SystemName;

    public IReadOnlyList<Scenario> Scenarios { get; }

    public IReadOnlyList<int> ProcessIds => [.. silos.Processes.Select(static process => process.Id)];

    public static async Task<PlainGrains> StartAsync(string postgres)
    {
        var silos = await PlainSilos.StartAsync(postgres);
        return new PlainGrains(silos, await OrleansClient.ConnectAsync(postgres, silos.ClusterId, silos: 3));
    }

    public async Task<IReadOnlyList<string>> VerifyAsync()
    {
        var values = await Task.WhenAll(
            Counters.Names(Counters.Many).Concat(Counters.Names(1)).Select(name => grains.GetGrain<IPlainCounterGrain>(name).GetAsync()));
        return [.. new[] { tally.Check("The counters of plain grains", values.Sum()) }.OfType<string>()];
    }

    public async ValueTask DisposeAsync()
    {
        await client.StopAsync();
        client.Dispose();
        await silos.DisposeAsync();
    }

    private Task<LoadResult> RunAsync(int keys, int connections, LoadTimes times)
    {
        IPlainCounterGrain[] counters = [.. Counters.Names(keys).Select(name => grains.GetGrain<IPlainCounterGrain>(name))];
        return TaskLoad.RunAsync(
            connections,
            async _ => await counters[Random.Shared.Next(counters.Length)].IncrementAsync(1) > 0 ? OperationStep.Done : OperationStep.Refused,
            times);
    }
}
