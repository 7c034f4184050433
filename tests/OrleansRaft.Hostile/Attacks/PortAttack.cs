using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace OrleansRaft.Hostile.Attacks;

/// <summary>
/// The ports of silos and of Orleans clients get noise, lengths that nobody sends, frames cut short, and frames sent again; HTTP gets what is no
/// HTTP.
/// </summary>
internal static class PortAttack
{
    // As Orleans frames: the length of the header, the length of the body, both.
    private const int LengthsBytes = 8;

    public static async Task RunAsync(Target target, Random random, int connections, CancellationToken cancellation)
    {
        int[] ports = [target.SiloPort, target.GatewayPort, target.Http.Port];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, connections).Select(number => (Port: ports[number % ports.Length], Seed: random.Next())),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellation },
            async (one, stop) => await ConnectAsync(target, one.Port, new Random(one.Seed), stop));
    }

    private static async Task ConnectAsync(Target target, int port, Random random, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            using var client = await target.ConnectAsync(port, limit.Token);
            var stream = client.GetStream();
            var bytes = Next(random);
            for (var times = random.Next(1, 4); times > 0; times--)
            {
                await stream.WriteAsync(bytes, limit.Token);
            }

            if (random.Next(3) > 0)
            {
                // Half a connection: the other side must not wait for ever for the rest.
                client.Client.Shutdown(SocketShutdown.Send);
            }

            var answer = new byte[4_096];
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
            patience.CancelAfter(random.Next(20, 400));
            while (await stream.ReadAsync(answer, patience.Token) > 0)
            {
                // Whatever it says: it is not what is looked at.
            }

            if (random.Next(2) == 0)
            {
                client.LingerState = new LingerOption(enable: true, seconds: 0);
            }
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
