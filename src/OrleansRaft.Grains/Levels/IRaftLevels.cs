using OrleansRaft.Core;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Levels;

/// <summary>Shows at which feature level the cluster works, and lets it go over to a later one. A service of every silo.</summary>
internal interface IRaftLevels
{
    /// <summary>The levels as the cluster's store remembers them.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Outcome<LevelsView>> DescribeAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Goes over to the latest level that the programs of all silos support. From then on no earlier program starts, and there is no way back.
    /// </summary>
    /// <param name="without">The names of silos that are absent and will not come back with the program that they had.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>Committed with the levels as they are then; or rejected with a sentence, and nothing was changed.</returns>
    Task<Outcome<LevelsView>> FinalizeAsync(IReadOnlyList<string> without, CancellationToken cancellation = default);
}

/// <summary>The feature levels of a cluster; see <see cref="FeatureLevels"/>.</summary>
/// <param name="InForce">The level at which it works.</param>
/// <param name="Reachable">The latest level that all its silos support.</param>
/// <param name="IsAutomatic">Whether it goes over to that by itself.</param>
/// <param name="Silos">Its silos, absent ones included, by name.</param>
internal sealed record LevelsView(int InForce, int Reachable, bool IsAutomatic, IReadOnlyList<SiloLevelView> Silos);

/// <summary>What one silo supports.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Newest">The newest level that its program supports, by its last report.</param>
/// <param name="IsActive">Whether it is there.</param>
/// <param name="Program">The version of its program.</param>
internal sealed record SiloLevelView(string Name, int Newest, bool IsActive, string Program);
