using OrleansRaft.Grains.Faults;

namespace OrleansRaft.Cli.Demo;

/// <summary>What the silos of the demo share.</summary>
/// <param name="Membership">Orleans' membership table.</param>
/// <param name="LocalStores">The ids of all stores, in order.</param>
/// <param name="Events">Hears what the silos log.</param>
/// <param name="Killer">Kills silos when somebody asks for it over HTTP.</param>
internal sealed record DemoClusterParts(SharedMembership Membership, IReadOnlyList<string> LocalStores, DemoEvents Events, ISiloKiller Killer)
{
    /// <summary>The cluster's name.</summary>
    public const string Id = "demo";

    /// <summary>How many groups it has.</summary>
    public const int Groups = 4;

    /// <summary>How many replicas each group has, and how many silos there are.</summary>
    public const int Replicas = 3;
}
