namespace OrleansRaft.Cli.Demo;

/// <summary>What stays of a silo when it dies.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Directory">The folder of its store.</param>
/// <param name="SiloPort">Its port for other silos.</param>
/// <param name="GatewayPort">Its port for clients.</param>
internal sealed record DemoSiloIdentity(string Name, string Directory, int SiloPort, int GatewayPort);
