using System.Collections.Concurrent;

namespace OrleansRaft.Grains;

/// <summary>Cuts the ways from this silo to others, for tests and demonstrations: replicas' messages and requests are lost, Orleans' own are not. A service of every silo.</summary>
public sealed class LinkFaults
{
    private readonly ConcurrentDictionary<SiloAddress, bool> cut = new();

    /// <summary>The silos to which the way is cut.</summary>
    public IReadOnlyCollection<SiloAddress> Cuts => [.. cut.Keys];

    /// <summary>Cuts the way to a silo. The way back is the other silo's to cut.</summary>
    /// <param name="target">Which silo.</param>
    public void Cut(SiloAddress target) => cut[target] = true;

    /// <summary>Mends the way to a silo.</summary>
    /// <param name="target">Which silo.</param>
    public void Heal(SiloAddress target) => cut.TryRemove(target, out _);

    /// <summary>Mends all ways.</summary>
    public void HealAll() => cut.Clear();

    /// <summary>Whether the way to a silo is cut.</summary>
    /// <param name="target">Which silo.</param>
    public bool IsCut(SiloAddress target) => !cut.IsEmpty && cut.ContainsKey(target);
}
