using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OrleansRaft.Hostile.Attacks;

/// <summary>
/// Listens in on what silos say to each other, by standing between two of them, and says it again to one of them: whole, cut short, twice, with bits
/// flipped, and
/// from somewhere in the middle.
/// </summary>
internal static class ReplayAttack
{
    /// <summary>Sends again what was recorded.</summary>
    public static async Task RunAsync(Target target, IReadOnlyList<byte[]> recordings, Random random, int connections, CancellationToken cancellation)
    {
        for (var number = 0; number < connections && recordings.Count > 0; number++)
        {
            var recorded = recordings[random.Next(recordings.Count)];
            var port = number % 2 == 0 ? target.SiloPort : target.GatewayPort;
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                limit.CancelAfter(TimeSpan.FromSeconds(5));
                using var client = await target.ConnectAsync(port, limit.Token);
                var stream = client.GetStream();
                await stream.WriteAsync(Changed(recorded, random), limit.Token);
                limit.CancelAfter(TimeSpan.FromMilliseconds(random.Next(20, 300)));
                var answer = new byte[4_096];
                while (await stream.ReadAsync(answer, limit.Token) > 0)
                {
                    // What it says is not what is looked at.
                }
            }
            catch (Exception end) when (end is OperationCanceledException or IOException or SocketException)
            {
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    private static byte[] Changed(byte[] recorded, Random random)
    {
        switch (random.Next(5))
        {
            case 0:
                return recorded;
            case 1:
                return recorded[..random.Next(recorded.Length)];
            case 2:
                return [.. recorded, .. recorded];
            case 3:
                return recorded[random.Next(recorded.Length)..];
            default:
                byte[] flipped = [.. recorded];
                for (var flips = random.Next(1, 20); flips > 0; flips--)
                {
                    flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
                }

                return flipped;
        }
    }

    /// <summary>Stands between somebody and a port, and keeps the beginning of what each connection sent.</summary>
    internal sealed class Recorder : IDisposable
    {
        private const int BytesMax = 64 * 1024;

        private readonly TcpListener listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource closing = new();
        private readonly int port;

        public Recorder(int port)
        {
            this.port = port;
            listener.Start();
            _ = AcceptAsync();
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public ConcurrentQueue<byte[]> Recordings { get; } = new();

        public void Dispose()
        {
            closing.Cancel();
            listener.Dispose();
            closing.Dispose();
        }

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = PassAsync(await listener.AcceptTcpClientAsync(closing.Token));
                }
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }

        private async Task PassAsync(TcpClient from)
        {
            using var left = from;
            using var right = new TcpClient();
            try
            {
                await right.ConnectAsync(IPAddress.Loopback, port, closing.Token);
                var back = right.GetStream().CopyToAsync(left.GetStream(), closing.Token);
                var kept = new MemoryStream();
                var buffer = new byte[16 * 1024];
                int read;
                while ((read = await left.GetStream().ReadAsync(buffer, closing.Token)) > 0)
                {
                    // What was said is kept as it is said: not every connection ends while somebody listens.
                    Recordings.Enqueue(buffer[..read]);
                    if (kept.Length < BytesMax)
                    {
                        kept.Write(buffer, 0, read);
                    }

                    await right.GetStream().WriteAsync(buffer.AsMemory(0, read), closing.Token);
                }

                Recordings.Enqueue(kept.ToArray());
                await back;
            }
            catch (Exception end) when (end is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
