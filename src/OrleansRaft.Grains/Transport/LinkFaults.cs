using System.Collections.Concurrent;

namespace OrleansRaft.Grains.Transport;

/// <summary>
/// Cuts and slows the ways from this silo to others, for tests and demonstrations: replicas' messages and requests are lost or late, Orleans' own are not. A service
/// of every silo.
/// </summary>
public sealed class LinkFaults
{
    private readonly ConcurrentDictionary<SiloAddress, bool> cut = new();
    private readonly ConcurrentDictionary<SiloAddress, TimeSpan> slow = new();

    /// <summary>The silos to which the way is cut.</summary>
    public IReadOnlyCollection<SiloAddress> Cuts => [.. cut.Keys];

    /// <summary>Cuts the way to a silo. The way back is the other silo's to cut.</summary>
    /// <param name="target">Which silo.</param>
    public void Cut(SiloAddress target) => cut[target] = true;

    /// <summary>Mends the way to a silo; one that is slow stays so.</summary>
    /// <param name="target">Which silo.</param>
    public void Heal(SiloAddress target) => cut.TryRemove(target, out _);

    /// <summary>Makes messages to a silo take longer. Those behind them wait, as on a long way.</summary>
    /// <param name="target">Which silo.</param>
    /// <param name="by">How much longer; zero for no longer.</param>
    public void Delay(SiloAddress target, TimeSpan by)
    {
        if (by > TimeSpan.Zero)
        {
            slow[target] = by;
        }
        else
        {
            slow.TryRemove(target, out _);
        }
    }

    /// <summary>Mends all ways.</summary>
    public void HealAll()
    {
        cut.Clear();
        slow.Clear();
    }

    /// <summary>Whether the way to a silo is cut.</summary>
    /// <param name="target">Which silo.</param>
    public bool IsCut(SiloAddress target) => !cut.IsEmpty && cut.ContainsKey(target);

    /// <summary>How much longer messages to a silo take.</summary>
    /// <param name="target">Which silo.</param>
    public TimeSpan DelayTo(SiloAddress target) => !slow.IsEmpty && slow.TryGetValue(target, out var by) ? by : TimeSpan.Zero;
}
