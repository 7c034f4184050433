using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Liveness;

/// <summary>The contracts of this silo with all others. Any thread.</summary>
internal sealed class SiloLivenessTable(IOptions<RaftOptions> options, TimeProvider time)
{
    // Only sleepers wait for it, and every beat wakes several threads on both sides: that is most of what a silo costs that does nothing.
    private const int ElectionTimeouts = 3;

    // One beat may be lost, and whoever is late by another may have been given up.
    private const double BeatShare = 3 / 8.0;
    private const double LateShare = 3 / 4.0;

    private readonly ConcurrentDictionary<SiloAddress, SiloLiveness> contracts = new();

    /// <summary>For how long a silo may be silent: three times as long as a leader may be that is awake.</summary>
    public TimeSpan Tolerance { get; } = options.Value.TickInterval * options.Value.ElectionTicksMax * ElectionTimeouts;

    /// <summary>How often a silo beats.</summary>
    public TimeSpan BeatInterval => Tolerance * BeatShare;

    /// <summary>After how long without a beat of its own a silo takes it that others may have given it up.</summary>
    public TimeSpan LateAfter => Tolerance * LateShare;

    /// <summary>The contract with a silo; begun when there was none.</summary>
    public SiloLiveness Get(SiloAddress silo) => contracts.TryGetValue(silo, out var contract) ? contract : contracts.GetOrAdd(silo, new SiloLiveness(Tolerance, time));

    /// <summary>Whether a silo was heard lately.</summary>
    public bool IsInSight(SiloAddress silo) => contracts.TryGetValue(silo, out var contract) && contract.IsInSight;

    /// <summary>Ends the contract with a silo that is dead.</summary>
    public void Forget(SiloAddress silo) => contracts.TryRemove(silo, out _);

    /// <summary>Something that was said to a silo, or by it, may be lost.</summary>
    public void Doubt(SiloAddress silo)
    {
        if (contracts.TryGetValue(silo, out var contract))
        {
            contract.Doubt();
        }
    }

    /// <summary>What the others should know, or should have been heard to say, may be lost.</summary>
    public void DoubtAll()
    {
        foreach (var (_, contract) in contracts)
        {
            contract.Doubt();
        }
    }

    /// <summary>This silo was held up: what the others said meanwhile may still wait to be heard.</summary>
    public void GiveTime()
    {
        foreach (var (_, contract) in contracts)
        {
            contract.GiveTime();
        }
    }
}
