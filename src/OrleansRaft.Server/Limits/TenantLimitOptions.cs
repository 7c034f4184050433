namespace OrleansRaft.Server.Limits;

/// <summary>
/// The section <c>Raft:Server:Limits</c> of a silo's configuration: what every tenant may take of one silo, unless the catalogue gives it limits of
/// its own, so that none takes it away from the others.
/// </summary>
public sealed class TenantLimitOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "Raft:Server:Limits";

    /// <summary>How many requests a second a tenant may send on average; 0 for any number.</summary>
    /// <value>The default is 0.</value>
    public int RequestsPerSecond { get; set; }

    /// <summary>How many of them may come at once, after a pause; 0 for as many as in a second.</summary>
    /// <value>The default is 0.</value>
    public int Burst { get; set; }

    /// <summary>How many requests of a tenant are served at one time; 0 for any number.</summary>
    /// <value>The default is 1,000.</value>
    public int AtOnce { get; set; } = 1_000;
}
