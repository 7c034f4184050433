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

    /// <summary>
    /// How many idempotency keys a tenant may have remembered at one time by way of one silo, about: so many at once, and after that as many as are
    /// forgotten meanwhile (<c>Raft:RequestRetention</c>); 0 for any number. Whatever this says, each group keeps a tenant to its share of the places
    /// that it has.
    /// </summary>
    /// <value>The default is 4,000,000.</value>
    public int IdempotencyKeys { get; set; } = 4_000_000;

    /// <summary>How many counters, or whatever else it makes, a tenant may have in the cluster; 0 for any number.</summary>
    /// <value>The default is 1,000,000.</value>
    public long Counters { get; set; } = 1_000_000;

    /// <summary>How many bytes these may take in each replica's state, their names included; 0 for any number.</summary>
    /// <value>The default is 256 MiB.</value>
    public long Bytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>
    /// How many streams of events one key may hold open on one silo; 0 for any number. Where no keys are asked for, all readers share what there is.
    /// </summary>
    /// <value>The default is 20.</value>
    public int Watchers { get; set; } = 20;
}
