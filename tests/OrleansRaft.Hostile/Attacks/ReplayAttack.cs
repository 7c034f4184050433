namespace OrleansRaft.Hostile.Attacks;

/// <summary>
/// Says again what an honest client said, at the ports of silos and of clients: whole, cut short, twice, with bits turned, and from somewhere in the
/// middle.
/// </summary>
internal static class ReplayAttack
{
    private const int Connections = 32;

    /// <summary>Sends again what was recorded.</summary>
    public static async Task RunAsync(Target target, IReadOnlyList<byte[]> recordings, Random random, CancellationToken cancellation)
    {
        if (recordings.Count == 0)
        {
            target.Report("nothing was recorded that could be said again");
            return;
        }

        var sent = Enumerable.Range(0, Connections)
            .Select(number => (
                Port: number % 2 == 0 ? target.SiloPort : target.GatewayPort,
                Bytes: Changed(recordings[random.Next(recordings.Count)], random),
                Seed: random.Next()))
            .ToList();
        await Parallel.ForEachAsync(
            sent,
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = cancellation },
            async (one, stop) => await PortAttack.SendAsync(target, one.Port, one.Bytes, times: 1, new Random(one.Seed), stop));
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
                byte[] turned = [.. recorded];
                for (var turns = random.Next(1, 20); turns > 0; turns--)
                {
                    turned[random.Next(turned.Length)] ^= (byte)(1 << random.Next(8));
                }

                return turned;
        }
    }
}
