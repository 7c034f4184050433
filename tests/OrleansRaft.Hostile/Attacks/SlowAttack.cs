using System.Net.Sockets;
using System.Text;

namespace OrleansRaft.Hostile.Attacks;

/// <summary>Clients that send a byte now and then, that promise a body and send none, and that ask for much and read nothing; all at once.</summary>
internal static class SlowAttack
{
    private const int Clients = 60;
    private const int RequestsUnread = 2_000;

    /// <summary>Stays until it is stopped.</summary>
    public static Task RunAsync(Target target, Random random, CancellationToken stopping)
    {
        var seeds = Enumerable.Range(0, Clients).Select(_ => random.Next()).ToList();
        return Task.WhenAll(seeds.Select((seed, number) => ClientAsync(target, number, new Random(seed), stopping)));
    }

    private static async Task ClientAsync(Target target, int number, Random random, CancellationToken stopping)
    {
        var head = $"Host: localhost\r\nAuthorization: Bearer {target.AdminKey}\r\n";
        try
        {
            using var client = await target.ConnectAsync(target.Http.Port, stopping);
            var stream = client.GetStream();
            switch (number % 4)
            {
                case 0:
                    await TrickleAsync(stream, $"GET /api/v1/groups HTTP/1.1\r\n{head}X-Slow: {new string('x', 4_000)}\r\n\r\n", random, stopping);
                    break;
                case 1:
                    await TrickleAsync(
                        stream,
                        $"POST /api/v1/tenants/slow/counters/c/increment HTTP/1.1\r\n{head}Content-Type: application/json\r\n"
                            + "Content-Length: 60000\r\n\r\n{\"by\":",
                        random,
                        stopping);
                    break;
                case 2:
                    // Asks again and again, and never reads.
                    for (var times = 0; times < RequestsUnread; times++)
                    {
                        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /openapi/v1.json HTTP/1.1\r\n{head}\r\n"), stopping);
                    }

                    break;
                default:
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /api/v1/events?group=counters-0 HTTP/1.1\r\n{head}\r\n"), stopping);
                    break;
            }

            await Task.Delay(Timeout.Infinite, stopping);
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or SocketException)
        {
            // The time is over, or the server has had enough.
            return;
        }
    }

    private static async Task TrickleAsync(NetworkStream stream, string text, Random random, CancellationToken stopping)
    {
        foreach (var letter in Encoding.ASCII.GetBytes(text))
        {
            await stream.WriteAsync(new[] { letter }, stopping);
            await Task.Delay(random.Next(50, 200), stopping);
        }
    }
}
