using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace OrleansRaft.Hostile.Attacks;

/// <summary>
/// The ports of silos and of Orleans clients get noise, lengths that nobody sends, and frames cut short; HTTP gets what is no HTTP.
/// </summary>
internal static class PortAttack
{
    private const int Connections = 150;

    // As Orleans frames: the length of the header, the length of the body, both.
    private const int LengthsBytes = 8;

    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Target target, Random random, CancellationToken cancellation)
    {
        int[] ports = [target.SiloPort, target.GatewayPort, target.Http.Port];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Connections).Select(number => (Port: ports[number % ports.Length], Seed: random.Next())).ToList(),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation },
            async (one, stop) =>
            {
                var own = new Random(one.Seed);
                await SendAsync(target, one.Port, Next(own), own.Next(1, 4), own, stop);
            });
    }

    /// <summary>Sends bytes on a connection of their own, listens for a moment, and goes, in one way or another.</summary>
    public static async Task SendAsync(Target target, int port, byte[] bytes, int times, Random random, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(PatienceMax);
        try
        {
            using var client = await target.ConnectAsync(port, limit.Token);
            var stream = client.GetStream();
            for (; times > 0; times--)
            {
                await stream.WriteAsync(bytes, limit.Token);
            }

            if (random.Next(3) > 0)
            {
                // Half a connection: the other side must not wait for ever for the rest.
                client.Client.Shutdown(SocketShutdown.Send);
            }

            limit.CancelAfter(TimeSpan.FromMilliseconds(random.Next(20, 200)));
            if (random.Next(2) == 0)
            {
                client.LingerState = new LingerOption(enable: true, seconds: 0);
            }

            await stream.CopyToAsync(Stream.Null, limit.Token);
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or SocketException)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private static byte[] Next(Random random) => random.Next(8) switch
    {
        0 => Noise(random, random.Next(1, 5_000)),
        1 => Frame(int.MaxValue, int.MaxValue, []),
        2 => Frame(-1, 10, Noise(random, 20)),
        3 => Frame(20, int.MaxValue, Noise(random, 20)),
        4 => Frame(64, 64, Noise(random, 128)),
        5 => Frame(64, 0, Noise(random, random.Next(64))),
        6 => Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\n" + new string('a', random.Next(40_000))),
        _ => [0x16, 0x03, 0x01, 0x02, 0x00, .. Noise(random, 512)],
    };

    private static byte[] Frame(int header, int body, byte[] rest)
    {
        var frame = new byte[LengthsBytes + rest.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, header);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), body);
        rest.CopyTo(frame, LengthsBytes);
        return frame;
    }

    private static byte[] Noise(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
