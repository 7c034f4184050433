namespace OrleansRaft.Cli.Demo;

/// <summary>What stays of a silo when it dies.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Directory">The folder of its store.</param>
/// <param name="SiloPort">Its port for other silos.</param>
/// <param name="GatewayPort">Its port for clients.</param>
internal sealed record DemoSiloIdentity(string Name, string Directory, int SiloPort, int GatewayPort);

/// <summary>What the silos of the demo share.</summary>
/// <param name="Membership">Orleans' membership table.</param>
/// <param name="LocalStores">The ids of all stores, in order.</param>
/// <param name="Events">Hears what the silos log.</param>
/// <param name="Killer">Kills silos when somebody asks for it over HTTP.</param>
internal sealed record DemoClusterParts(SharedMembership Membership, IReadOnlyList<string> LocalStores, DemoEvents Events, DemoKiller Killer);
