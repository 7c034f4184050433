using System.Globalization;
using OrleansRaft.Benchmarks.Load;
using OrleansRaft.Benchmarks.Plain;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>
/// As many processes as <see cref="OraftSystem"/> has, with Kestrel and an empty handler, under the same requests: what is above this in an
/// increment's processor time is ours.
/// </summary>
internal sealed class KestrelFloor : ISystem
{
    public const string SystemName = "Kestrel, empty handler";
    public const string Answer = "answer";

    private const int Processes = 3;
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(30);

    private readonly List<(Uri Address, OraftProcess Process)> servers = [];

    private KestrelFloor() => Scenarios = [new Scenario(Name, Answer, Counters.Many, RunAsync)];

    public string Name => SystemName;

    public IReadOnlyList<Scenario> Scenarios { get; }

    public IReadOnlyList<int> ProcessIds => [.. servers.Select(static server => server.Process.Id)];

    public static async Task<KestrelFloor> StartAsync()
    {
        var floor = new KestrelFloor();
        for (var number = 0; number < Processes; number++)
        {
            var port = FreePorts.Next().ToString(CultureInfo.InvariantCulture);
            floor.servers.Add((
                new Uri($"http://127.0.0.1:{port}"),
                OraftProcess.StartProgram(typeof(KestrelFloor).Assembly.Location, [PlainKestrel.Verb, "--port", port])));
        }

        using var patience = new CancellationTokenSource(StartMax);
        using var http = new HttpClient();
        foreach (var (address, _) in floor.servers)
        {
            while (!await AnswersAsync(http, address, patience.Token))
            {
                await Task.Delay(50, patience.Token);
            }
        }

        return floor;
    }

    public Task<IReadOnlyList<string>> VerifyAsync() => Task.FromResult<IReadOnlyList<string>>([]);

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, process) in servers)
        {
            await process.DisposeAsync();
        }
    }

    private static async Task<bool> AnswersAsync(HttpClient http, Uri address, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(address, cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private Task<LoadResult> RunAsync(int connections, LoadTimes times) => HttpLoad.RunAsync(
        [.. servers.Select(static server => server.Address)],
        connections,
        number => OraftSystem.Increments(servers[number % Processes].Address, number),
        times);
}
