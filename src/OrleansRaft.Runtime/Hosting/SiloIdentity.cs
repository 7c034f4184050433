namespace OrleansRaft.Runtime.Hosting;

/// <summary>Which silo this is, for shared stores: two that run at one time must differ in their names. A service of the silo.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Whereabouts">Where it runs, for people.</param>
public sealed record SiloIdentity(string Name, string Whereabouts)
{
    /// <summary>Whether the silo is its whole cluster, so that no other silo may use its store.</summary>
    public bool IsAlone { get; init; }
}
