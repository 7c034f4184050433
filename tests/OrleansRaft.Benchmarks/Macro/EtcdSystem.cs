using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansRaft.Benchmarks.Load;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>
/// etcd over its JSON API: put, quorum get, and an increment that loses nothing (read, then a transaction that expects the revision read).
/// </summary>
internal sealed class EtcdSystem : ISystem
{
    public const string SystemName = "etcd HTTP/JSON";
    public const string Put = "put";
    public const string Get = "quorum get";
    public const string Increment = "correct increment";

    private readonly EtcdProcesses processes;
    private readonly Tally tally = new();

    private EtcdSystem(EtcdProcesses processes)
    {
        this.processes = processes;
        Scenarios =
        [
            new(Name, Put, Counters.Many, (connections, times) => RunAsync(connections, times, Puts)),
            new(Name, Get, Counters.Many, (connections, times) => RunAsync(connections, times, Gets)),
            new(Name, Increment, 1, (connections, times) => IncrementAsync(1, connections, times)),
            new(Name, Increment, Counters.Many, (connections, times) => IncrementAsync(Counters.Many, connections, times)),
        ];
    }

    public string Name => SystemName;

    public IReadOnlyList<Scenario> Scenarios { get; }

    public static async Task<EtcdSystem> StartAsync()
    {
        var system = new EtcdSystem(await EtcdProcesses.StartAsync());
        foreach (var key in Keys("v/", Counters.Many).Concat(Keys("i/", Counters.Many)).Concat(Keys("i/", 1)))
        {
            await system.PostAsync("/v3/kv/put", $$"""{"key":"{{key}}","value":"{{Base64("0")}}"}""");
        }

        return system;
    }

    public async Task<IReadOnlyList<string>> VerifyAsync()
    {
        using var all = JsonDocument.Parse(await PostAsync("/v3/kv/range", $$"""{"key":"{{Base64("i/")}}","range_end":"{{Base64("i0")}}"}"""));
        var sum = all.RootElement.GetProperty("kvs").EnumerateArray()
            .Sum(static item => long.Parse(Encoding.ASCII.GetString(item.GetProperty("value").GetBytesFromBase64()), CultureInfo.InvariantCulture));
        return [.. new[] { tally.Check("The keys that etcd's transactions incremented", sum) }.OfType<string>()];
    }

    public ValueTask DisposeAsync() => processes.DisposeAsync();

    private static IEnumerable<string> Keys(string prefix, int keys) => Counters.Names(keys).Select(name => Base64(prefix + name));

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));

    private Task<LoadResult> RunAsync(int connections, LoadTimes times, Func<Uri, IEnumerable<ReadOnlyMemory<byte>>> requests) => HttpLoad.RunAsync(
        processes.Addresses,
        connections,
        number => new DrawnRequest([.. requests(processes.Addresses[number % processes.Addresses.Count])], seed: number),
        times);

    private async Task<LoadResult> IncrementAsync(int keys, int connections, LoadTimes times) => tally.Add(await HttpLoad.RunAsync(
        processes.Addresses,
        connections,
        number => new EtcdIncrement(processes.Addresses[number % processes.Addresses.Count], [.. Keys("i/", keys)], seed: number),
        times));

    private static IEnumerable<ReadOnlyMemory<byte>> Puts(Uri server) =>
        Keys("v/", Counters.Many).Select(key => HttpRequests.Post(server, "/v3/kv/put", $$"""{"key":"{{key}}","value":"{{Base64("1234567")}}"}"""));

    private static IEnumerable<ReadOnlyMemory<byte>> Gets(Uri server) =>
        Keys("v/", Counters.Many).Select(key => HttpRequests.Post(server, "/v3/kv/range", $$"""{"key":"{{key}}"}"""));

    private async Task<string> PostAsync(string path, string json)
    {
        using var http = new HttpClient();
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync(new Uri(processes.Addresses[0], path), body);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Reads a key, then writes it on condition that nobody has written it meanwhile, and begins anew if somebody has.</summary>
    private sealed class EtcdIncrement(Uri server, string[] keys, int seed) : IHttpOperation
    {
        private readonly Random random = new(seed);
        private string key = "";
        private (long Revision, long Value)? read;

        public ReadOnlyMemory<byte> Next()
        {
            if (read is not { } known)
            {
                key = key.Length == 0 ? keys[random.Next(keys.Length)] : key;
                return HttpRequests.Post(server, "/v3/kv/range", $$"""{"key":"{{key}}"}""");
            }

            var next = EtcdSystem.Base64((known.Value + 1).ToString(CultureInfo.InvariantCulture));
            return HttpRequests.Post(
                server,
                "/v3/kv/txn",
                $$$"""{"compare":[{"target":"MOD","key":"{{{key}}}","mod_revision":"{{{known.Revision}}}"}],"success":"""
                    + $$$"""[{"request_put":{"key":"{{{key}}}","value":"{{{next}}}"}}]}""");
        }

        public OperationStep OnAnswer(int status, ReadOnlySpan<byte> body)
        {
            if (status != 200)
            {
                return read is null ? OperationStep.Refused : OperationStep.Open;
            }

            if (read is null)
            {
                var revision = long.Parse(Field(body, "\"mod_revision\":\""u8), CultureInfo.InvariantCulture);
                Span<byte> value = stackalloc byte[32];
                System.Buffers.Text.Base64.DecodeFromUtf8(Field(body, "\"value\":\""u8), value, out _, out var length);
                read = (revision, long.Parse(value[..length], CultureInfo.InvariantCulture));
                return OperationStep.Again;
            }

            read = null;
            if (body.IndexOf("\"succeeded\":true"u8) < 0)
            {
                return OperationStep.Again;
            }

            key = "";
            return OperationStep.Done;
        }

        private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
        {
            var rest = json[(json.IndexOf(name) + name.Length)..];
            return rest[..rest.IndexOf((byte)'"')];
        }
    }
}
