using OrleansRaft.Grains.Admin;

namespace OrleansRaft.Grains.Hosting;

/// <summary>
/// The end of a silo in an order in which its callers notice nothing: first it says that it is not ready, while it serves on; then its leaderships
/// go to the other silos; then its port is closed. A service of every silo; a silo that is simply stopped does the second step by itself.
/// </summary>
public interface IRaftDrain
{
    /// <summary>Whether this silo says that it is about to stop.</summary>
    bool HasBegun { get; }

    /// <summary>
    /// Whether leaderships are being handed over, or have been: whoever keeps a connection to this silo should open another to its successor.
    /// </summary>
    bool IsHandingOver { get; }

    /// <summary>From now on <see cref="IRaftAdmin.CheckReadinessAsync"/> says that this silo is not ready. It still serves everything.</summary>
    void Begin();

    /// <summary>
    /// Hands the leaderships of this silo to other silos, within a few seconds. Once: whoever calls again is told of the first time.
    /// </summary>
    /// <returns>How many groups are still led from here: their stores did not answer, or nobody is there to take over.</returns>
    Task<int> HandOverAsync();
}
