using System.Collections.Concurrent;

namespace OrleansRaft.Grains.Cluster;

/// <summary>A silo that may host replicas.</summary>
/// <param name="Address">Its address; changes when it restarts.</param>
/// <param name="Name">Its name; stays.</param>
internal readonly record struct SiloPlace(SiloAddress Address, string Name);

/// <summary>The silos of the cluster: their names, whether they live, and which local store each holds. Any thread.</summary>
internal sealed class ClusterMembership(IClusterMembershipService membership, IClusterManifestProvider manifests)
{
    private readonly ConcurrentDictionary<SiloAddress, string> stores = new();
    private readonly ConcurrentDictionary<SiloAddress, SetSupport[]> sets = new();
    private volatile bool hasLeft;
    private volatile bool isDraining;
    private volatile bool isStopping;

    /// <summary>Whether this silo says that it is not ready, since it is going to stop; it still serves.</summary>
    public bool IsDraining => isDraining;

    /// <summary>Whether this silo is about to stop: the others, to whom it is still active for a moment, must give it nothing more.</summary>
    public bool IsStopping => isStopping;

    /// <summary>Whether this silo was told to leave for good.</summary>
    public bool HasLeft => hasLeft;

    /// <summary>The active silos, by name.</summary>
    public IReadOnlyList<SiloPlace> Active =>
    [
        .. membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active)
            .Select(member => new SiloPlace(member.SiloAddress, member.Name))
            .OrderBy(place => place.Name, StringComparer.Ordinal),
    ];

    /// <summary>Whether a silo is about to become active.</summary>
    public bool IsSomebodyJoining =>
        membership.CurrentSnapshot.Members.Values.Any(member => member.Status is SiloStatus.Created or SiloStatus.Joining);

    /// <summary>Whether a silo has been declared dead.</summary>
    public bool IsDead(SiloAddress silo) =>
        membership.CurrentSnapshot.Members.TryGetValue(silo, out var member) && member.Status == SiloStatus.Dead;

    /// <summary>Whether a silo is active.</summary>
    public bool IsActive(SiloAddress silo) =>
        membership.CurrentSnapshot.Members.TryGetValue(silo, out var member) && member.Status == SiloStatus.Active;

    /// <summary>Whether a silo is stopping in order. One that is merely stopping was given no time to.</summary>
    public bool IsLeaving(SiloAddress silo) =>
        membership.CurrentSnapshot.Members.TryGetValue(silo, out var member) && member.Status == SiloStatus.ShuttingDown;

    /// <summary>Whether a silo is active and has told this one which grains it hosts, which takes a moment after it joined.</summary>
    public bool CanHostGrains(SiloAddress silo) => IsActive(silo) && manifests.Current.Silos.ContainsKey(silo);

    /// <summary>The name of a silo, or its address when the membership does not know it.</summary>
    public string NameOf(SiloAddress silo) =>
        membership.CurrentSnapshot.Members.TryGetValue(silo, out var member) && member.Name is { Length: > 0 } name ? name : silo.ToString();

    /// <summary>Whether another silo of its name is active, so that it is only the name's former life.</summary>
    public bool IsSucceeded(SiloAddress silo) =>
        membership.CurrentSnapshot.Members.TryGetValue(silo, out var member)
        && membership.CurrentSnapshot.Members.Values.Any(
            other => other.Name == member.Name && other.Status == SiloStatus.Active && !other.SiloAddress.Equals(silo));

    /// <summary>The id of a silo's local store; null when it has not told yet.</summary>
    public string? StoreOf(SiloAddress silo) => stores.TryGetValue(silo, out var store) ? store : null;

    /// <summary>Whether a silo's program supports a version of a set's state machine, as far as it has told.</summary>
    public bool Supports(SiloAddress silo, string set, int version) =>
        !sets.TryGetValue(silo, out var told) || Array.Find(told, one => one.Set == set) is not { } support || support.Supports(version);

    /// <summary>Takes note of what a silo's program has for each set.</summary>
    public void LearnSets(SiloAddress silo, SetSupport[] support) => sets[silo] = support;

    /// <summary>Takes note of a silo's local store.</summary>
    public void LearnStore(SiloAddress silo, string store) => stores[silo] = store;

    /// <summary>This silo is going to stop.</summary>
    public void Drain() => isDraining = true;

    /// <summary>This silo is about to stop.</summary>
    public void Leave() => isDraining = isStopping = true;

    /// <summary>This silo is going to stop, and does not come back.</summary>
    public void LeaveForGood() => hasLeft = true;

    /// <summary>Forgets a silo that is dead.</summary>
    public void Forget(SiloAddress silo)
    {
        stores.TryRemove(silo, out _);
        sets.TryRemove(silo, out _);
    }
}
