using System.Collections.ObjectModel;

namespace OrleansRaft;

/// <summary>
/// What a store adds to the cluster row: options that store extensions such as <c>UsePostgreSql</c> configure, equal on every silo.
/// </summary>
public sealed class StoreTopology
{
    /// <summary>How many database servers hold the logs. The default is 1.</summary>
    public int Servers { get; set; } = 1;

    /// <summary>For local stores, the ids of all of them in order; empty for shared stores, which is the default.</summary>
    public Collection<string> LocalStores { get; } = [];
}
