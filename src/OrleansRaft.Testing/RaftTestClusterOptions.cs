namespace OrleansRaft.Testing;

/// <summary>What a <see cref="RaftTestCluster"/> is made of.</summary>
public sealed class RaftTestClusterOptions
{
    /// <summary>How many silos it starts with. The default is 3, at least 1.</summary>
    public int Silos { get; set; } = 3;

    /// <summary>The cluster's id. The default is <c>tests</c>.</summary>
    public string ClusterId { get; set; } = "tests";

    /// <summary>
    /// Configures one silo, after <c>AddRaft</c>: adds the sets of groups, and what they need. The number tells silos apart, from 0 on in the order
    /// in which they are made; one that is restarted has a new one.
    /// </summary>
    public Action<int, ISiloBuilder>? ConfigureSilo { get; set; }

    /// <summary>Configures the client, whose grain factory is <see cref="RaftTestCluster.Client"/>.</summary>
    public Action<IClientBuilder>? ConfigureClient { get; set; }

    /// <summary>Changes the options of all silos. Silos that stop are not waited for (<c>Raft:ReturnPatience</c>), unless this says so.</summary>
    public Action<RaftOptions>? ConfigureRaft { get; set; }

    /// <summary>
    /// Where logs are kept. One disk is shared by all silos, so that a replica finds its log on any of them, as in a database; this is the default.
    /// Of several, the silo with number n has the one at n modulo their count, and replicas are bound to disks that have a
    /// <see cref="MemoryDisk.LocalId"/>.
    /// </summary>
    public IReadOnlyList<MemoryDisk> Disks { get; set; } = [new MemoryDisk()];

    /// <summary>How long the cluster is waited for before a <see cref="TimeoutException"/> says what is missing. The default is 2 minutes.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(2);
}
