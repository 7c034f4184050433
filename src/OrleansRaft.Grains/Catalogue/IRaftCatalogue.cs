using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>
/// The catalogue: a Raft group beside the cluster row, which remembers what changed since the cluster first started. A service of every silo that was
/// configured with <c>AddRaftCatalogue</c>. Groups serve without it.
/// </summary>
internal interface IRaftCatalogue
{
    /// <summary>Everything it holds.</summary>
    /// <param name="consistency">What the answer may miss.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Outcome<CatalogueContents>> ReadAsync(ReadConsistency consistency = ReadConsistency.Linearizable, CancellationToken cancellation = default);

    /// <summary>
    /// Deletes a set that was added after the cluster first started and that no silo is configured with any more: its groups, and what their replicas
    /// have stored. Its name is never used again.
    /// </summary>
    /// <param name="set">The set's name.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>
    /// Committed with how many replicas had stored something; rejected when a silo is configured with it, when it is one that the cluster was created
    /// with, or when a silo or a local store cannot be asked; unknown when something may be left: call it again.
    /// </returns>
    Task<Outcome<int>> DeleteSetAsync(string set, CancellationToken cancellation = default);
}
