using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>
/// The catalogue: a Raft group beside the cluster row, which remembers what changed since the cluster first started. A service of every silo that was
/// configured with <c>AddRaftCatalogue</c>. Groups serve without it.
/// </summary>
public interface IRaftCatalogue
{
    /// <summary>Everything it holds.</summary>
    /// <param name="consistency">What the answer may miss.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Outcome<CatalogueContents>> ReadAsync(ReadConsistency consistency = ReadConsistency.Linearizable, CancellationToken cancellation = default);
}
