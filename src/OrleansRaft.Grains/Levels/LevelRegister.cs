using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Levels;

/// <summary>
/// Where the cluster remembers its feature levels: in the store that all silos share; or, where each has a file of its own, in the catalogue, and at
/// which level the cluster works in every file too. Any thread.
/// </summary>
internal sealed class LevelRegister(ILogStore store, GroupTable groups, IGrainFactory grains)
{
    private const string Key = "levels";
    private const int Attempts = 5;

    /// <summary>Whether silos have files of their own, so that no one of them holds what the cluster remembers.</summary>
    public bool IsInCatalogue => groups.Cluster.LocalStores.Length > 1;

    /// <summary>Whether there is a place that all silos can agree in.</summary>
    public bool IsShared => !IsInCatalogue || groups.FindSet(GroupSet.Catalogue).Count > 0;

    /// <summary>The ids of the local stores, of each of which a silo must have told what it supports; empty for a shared one.</summary>
    public IReadOnlyList<string> Stores => IsInCatalogue ? groups.Cluster.LocalStores : [];

    /// <summary>What is remembered; null when nobody has told anything.</summary>
    public Task<Outcome<ClusterLevels?>> ReadAsync(CancellationToken cancellation) => ChangeAsync(static _ => null, cancellation);

    /// <summary>Changes it in one step; see <see cref="ILogStore.ChangeLevelsAsync"/>.</summary>
    /// <returns>Committed with what is remembered then, or why that is not known.</returns>
    public async Task<Outcome<ClusterLevels?>> ChangeAsync(Func<ClusterLevels?, ClusterLevels?> change, CancellationToken cancellation)
    {
        if (!IsInCatalogue)
        {
            return Known(await store.ChangeLevelsAsync(change, cancellation));
        }

        if (!IsShared)
        {
            return new Rejected<ClusterLevels?>(
                RejectionReason.VersionNotRaised,
                null,
                TimeSpan.Zero,
                "Each silo keeps its logs in a file of its own, and the cluster has no catalogue, in which all of them could agree on a feature "
                    + "level. Call AddRaftCatalogue on every silo.");
        }

        for (var attempt = 1; ; attempt++)
        {
            var outcome = await TryChangeAsync(change, cancellation);
            if (outcome is not null || attempt == Attempts)
            {
                return outcome ?? new Rejected<ClusterLevels?>(
                    RejectionReason.Overloaded, null, TimeSpan.FromSeconds(1), "Others change the feature levels at the same time; try again.");
            }
        }
    }

    /// <summary>Remembers in this silo's own file at which level the cluster works, so that a program that is too old does not start on it.</summary>
    public Task MirrorAsync(ClusterLevels levels, CancellationToken cancellation) => IsInCatalogue
        ? store.ChangeLevelsAsync(before => before?.InForce >= levels.InForce ? null : levels, cancellation)
        : Task.CompletedTask;

    /// <returns>Null when somebody else changed it meanwhile.</returns>
    private async Task<Outcome<ClusterLevels?>?> TryChangeAsync(Func<ClusterLevels?, ClusterLevels?> change, CancellationToken cancellation)
    {
        var read = await grains.GetRaftGroupSet<CatalogueCommand, CatalogueContents>(GroupSet.Catalogue).QueryGroupAsync(
            0, new ReadLevels(), ReadConsistency.Linearizable, cancellation);
        if (read is not Committed<CatalogueContents> { Value.Levels: var before })
        {
            return Failed(read);
        }

        var levels = before is null ? null : ClusterLevels.Read(before);
        if (change(levels) is not { } next || next == levels)
        {
            return Known(levels);
        }

        var written = await grains.GetRaftGroup<CatalogueCommand, CatalogueContents>(GroupSet.Catalogue, Key).SubmitAsync(
            new ChangeLevels(before, next.Write()), null, cancellation);
        return written is not Committed<CatalogueContents> { Value.Levels: var after } ? Failed(written)
            : after == next.Write() ? Known(next)
            : null;
    }

    private static Outcome<ClusterLevels?> Known(ClusterLevels? levels) => new Committed<ClusterLevels?>(levels, default, GroupSet.Catalogue);

    private static Outcome<ClusterLevels?> Failed(Outcome<CatalogueContents> outcome) => outcome switch
    {
        Rejected<CatalogueContents> rejected => new Rejected<ClusterLevels?>(rejected.Reason, rejected.Leader, rejected.RetryAfter, rejected.Detail),
        Unknown<CatalogueContents> unknown => new Unknown<ClusterLevels?>(unknown.Detail),
        _ => throw new InvalidOperationException($"An outcome is {outcome.GetType()}, which is none of the three."),
    };
}
