using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OrleansRaft.Integration.Tests.Server;

namespace OrleansRaft.Integration.Tests.Fuzzing;

/// <summary>Mutated requests on the wire: whatever is sent, the server answers with no 500 and goes on.</summary>
public sealed class HttpFuzzTests(CounterServer server, ITestOutputHelper output) : IClassFixture<CounterServer>
{
    private const int Requests = 600;

    private static readonly string[] Samples =
    [
        "POST /api/v1/tenants/t/counters/c/increment HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: "
            + "abc\r\nContent-Length: 8\r\n\r\n{\"by\":5}",
        "PUT /api/v1/tenants/t/counters/c HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIf-Match: \"7\"\r\nContent-Length: "
            + "11\r\n\r\n{\"value\":5}",
        "GET /api/v1/tenants/t/counters/c?consistency=stale HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /api/v1/tenants/t/counters?after=a&limit=10 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /api/v1/groups/counters-0/log?after=1&limit=10 HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /api/v1/groups/counters-0/leader HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"replica\":2}",
        "DELETE /api/v1/tenants/t/counters/c HTTP/1.1\r\nHost: x\r\n\r\n",
    ];

    [Fact]
    public async Task No_request_breaks_the_server()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var seed = int.Parse(
            Environment.GetEnvironmentVariable("ORAFT_FUZZ_SEED") ?? $"{Environment.TickCount & 0xFFFFFF}", CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}");
        var mutator = new Mutator(seed);
        byte[][] samples = [.. Samples.Select(Encoding.ASCII.GetBytes)];
        for (var round = 0; round < Requests; round++)
        {
            var request = mutator.Next(samples);

            var status = await AskAsync(request, cancellation);

            status.ShouldNotStartWith("HTTP/1.1 500", customMessage: $"seed {seed}, round {round}: {Encoding.Latin1.GetString(request)}");
        }

        (await server.Client.GetAsync(new Uri("/health/live", UriKind.Relative), cancellation)).IsSuccessStatusCode.ShouldBeTrue();
    }

    /// <summary>The first line of the answer; empty when the server waits for more, or hangs up.</summary>
    private async Task<string> AskAsync(byte[] request, CancellationToken cancellation)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Client.BaseAddress!.Host, server.Client.BaseAddress.Port, cancellation);
        var stream = client.GetStream();
        try
        {
            await stream.WriteAsync(request, cancellation);
            client.Client.Shutdown(SocketShutdown.Send);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            return await reader.ReadLineAsync(cancellation) ?? "";
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            return "";
        }
    }
}
