using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Transport;

namespace OrleansRaft.Grains.Faults;

/// <summary>
/// Cuts and delays the links from this silo to others: replicas' messages and requests are lost or late, Orleans' own are not. Only where
/// <c>Faults:Enabled</c> is set. Any thread.
/// </summary>
internal sealed class LinkFaults(IOptions<FaultOptions> options) : ILinkFaults
{
    private readonly ConcurrentDictionary<SiloAddress, bool> cut = new();
    private readonly ConcurrentDictionary<SiloAddress, TimeSpan> slow = new();

    /// <summary>The silos to which the link is cut.</summary>
    public IReadOnlyCollection<SiloAddress> Cuts => [.. cut.Keys];

    /// <summary>Cuts the link to a silo. The link back is the other silo's to cut.</summary>
    /// <param name="target">Which silo.</param>
    /// <exception cref="InvalidOperationException">Faults are off on this silo.</exception>
    public void Cut(SiloAddress target)
    {
        RequireEnabled();
        cut[target] = true;
    }

    /// <summary>Mends the link to a silo; one that is slow stays slow.</summary>
    /// <param name="target">Which silo.</param>
    public void Heal(SiloAddress target) => cut.TryRemove(target, out _);

    /// <summary>Makes messages to a silo take longer. Those behind them wait, as on a long way.</summary>
    /// <param name="target">Which silo.</param>
    /// <param name="by">How much longer; zero for no longer.</param>
    /// <exception cref="InvalidOperationException">Faults are off on this silo.</exception>
    public void Delay(SiloAddress target, TimeSpan by)
    {
        RequireEnabled();
        if (by > TimeSpan.Zero)
        {
            slow[target] = by;
        }
        else
        {
            slow.TryRemove(target, out _);
        }
    }

    /// <summary>Mends all links.</summary>
    public void HealAll()
    {
        cut.Clear();
        slow.Clear();
    }

    /// <inheritdoc/>
    public bool IsCut(SiloAddress target) => !cut.IsEmpty && cut.ContainsKey(target);

    /// <inheritdoc/>
    public TimeSpan DelayTo(SiloAddress target) => !slow.IsEmpty && slow.TryGetValue(target, out var by) ? by : TimeSpan.Zero;

    private void RequireEnabled()
    {
        if (!options.Value.Enabled)
        {
            throw new InvalidOperationException("Faults are off on this silo, so its links cannot be cut or delayed. Set Faults:Enabled.");
        }
    }
}
