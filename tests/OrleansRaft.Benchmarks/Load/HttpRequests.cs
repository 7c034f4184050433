using System.Text;

namespace OrleansRaft.Benchmarks.Load;

/// <summary>Requests as bytes, made once.</summary>
internal static class HttpRequests
{
    public static ReadOnlyMemory<byte> Get(Uri server, string path) =>
        Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {server.Authority}\r\n\r\n");

    public static ReadOnlyMemory<byte> Post(Uri server, string path, string json) => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}");
}

/// <summary>Sends one of many requests, drawn anew each time.</summary>
/// <param name="requests">The requests.</param>
/// <param name="seed">Of the drawing.</param>
internal sealed class DrawnRequest(ReadOnlyMemory<byte>[] requests, int seed) : IHttpOperation
{
    private readonly Random random = new(seed);

    public ReadOnlyMemory<byte> Next() => requests[random.Next(requests.Length)];

    public OperationStep OnAnswer(int status, ReadOnlySpan<byte> body) => status switch
    {
        200 => OperationStep.Done,
        504 or 500 => OperationStep.Open,
        _ => OperationStep.Refused,
    };
}
