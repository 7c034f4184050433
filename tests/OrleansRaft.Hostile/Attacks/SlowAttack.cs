using System.Net.Sockets;
using System.Text;

namespace OrleansRaft.Hostile.Attacks;

/// <summary>Clients that send a byte now and then, that promise a body and send none, and that ask for much and read nothing; all at once.</summary>
internal static class SlowAttack
{
    private const int Clients = 60;

    public static async Task RunAsync(Target target, Random random, TimeSpan duration, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(duration);
        var seeds = Enumerable.Range(0, Clients).Select(_ => random.Next()).ToList();
        await Task.WhenAll(seeds.Select((seed, number) => ClientAsync(target, number, new Random(seed), limit.Token)));
        cancellation.ThrowIfCancellationRequested();
    }

    private static async Task ClientAsync(Target target, int number, Random random, CancellationToken stop)
    {
        try
        {
            using var client = await target.ConnectAsync(target.Http.Port, stop);
            var stream = client.GetStream();
            var head = $"Host: localhost\r\nAuthorization: Bearer {target.AdminKey}\r\n";
            switch (number % 4)
            {
                case 0:
                    await TrickleAsync(stream, $"GET /api/v1/groups HTTP/1.1\r\n{head}X-Slow: {new string('x', 4_000)}\r\n\r\n", random, stop);
                    break;
                case 1:
                    await TrickleAsync(
                        stream,
                        $"POST /api/v1/tenants/slow/counters/c/increment HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{{\"by\":",
                        random,
                        stop);
                    break;
                case 2:
                    // Asks again and again, and never reads.
                    for (var times = 0; times < 2_000; times++)
                    {
                        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /openapi/v1.json HTTP/1.1\r\n{head}\r\n"), stop);
                    }

                    break;
                default:
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /api/v1/events?group=counters-0 HTTP/1.1\r\n{head}\r\n"), stop);
                    break;
            }

            await Task.Delay(Timeout.Infinite, stop);
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or SocketException)
        {
            // The time is over, or the server has had enough.
            return;
        }
    }

    private static async Task TrickleAsync(NetworkStream stream, string text, Random random, CancellationToken stop)
    {
        foreach (var letter in Encoding.ASCII.GetBytes(text))
        {
            await stream.WriteAsync(new[] { letter }, stop);
            await Task.Delay(random.Next(50, 200), stop);
        }
    }
}
