using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Backup;
using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Backup;

/// <summary>Restores a backup into the empty stores of a cluster, before its silos start.</summary>
/// <remarks>
/// The cluster row says that a restore is under way until it has ended, so no silo starts from half of one. A restore that was interrupted is begun
/// again with the same backup, and passes over what is there.
/// </remarks>
/// <param name="stores">The one shared store, or all local stores in the cluster's order.</param>
/// <param name="clusterId">The cluster's name; null for that of the backup.</param>
internal sealed class ClusterRestore(IReadOnlyList<ILogStore> stores, string? clusterId = null)
{
    private const int ReplicasAtOnce = 4;

    /// <summary>Restores.</summary>
    /// <param name="backup">Opens the backup, from its beginning each time.</param>
    /// <param name="name">What it is called, for messages.</param>
    /// <param name="servers">How many database servers the store has; 1 for local stores.</param>
    /// <param name="progress">Told of every group that was restored.</param>
    /// <param name="cancellation">Interrupts it.</param>
    /// <exception cref="CorruptDataException">The backup is damaged; nothing was written.</exception>
    /// <exception cref="StoreRefusedException">
    /// A store is not empty, or holds the beginning of another restore; or the backup is of a later feature level than this program's.
    /// </exception>
    public async Task<BackupContents> RunAsync(
        Func<Stream> backup, string name, int servers, Action<RestoreProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(backup);

        // All of it, before anything is written.
        BackupContents contents;
        await using (var first = backup())
        {
            using var reader = new BackupReader(first, name);
            contents = await reader.ReadToEndAsync(bytes => progress?.Invoke(new RestoreProgress(null, 0, bytes)), cancellation);
        }

        RequireReadable(contents.Head, name);
        var definition = DefinitionOf(contents.Head, servers);
        foreach (var store in stores)
        {
            await store.InitializeAsync(definition, cancellation);
            await store.ChangeLevelsAsync(
                before => before?.InForce >= contents.Head.Level ? null : new ClusterLevels(contents.Head.Level, []), cancellation);
        }

        await CreateFurtherAsync(contents.Head, definition, cancellation);
        await using (var second = backup())
        {
            await WriteAsync(second, name, contents, definition, progress, cancellation);
        }

        foreach (var store in stores)
        {
            await store.ChangeClusterAsync(static row => row with { Restoring = null }, cancellation);
        }

        return contents;
    }

    private static void RequireReadable(BackupHead head, string name)
    {
        if (head.Level > FeatureLevels.Newest)
        {
            throw new StoreRefusedException(
                $"{name} is of a cluster that worked at feature level {head.Level}, and this program knows levels up to {FeatureLevels.Newest}: "
                    + $"restore it with a program that is as new as the one that wrote it, {head.Program}");
        }
    }

    private ClusterDefinition DefinitionOf(BackupHead head, int servers) => head.Definition() with
    {
        ClusterId = clusterId ?? head.Definition().ClusterId,
        Servers = servers,
        LocalStores = [.. stores.Select(static store => store.LocalId).Where(static id => id.Length > 0)],
        Restoring = head.Id,
    };

    private async Task CreateFurtherAsync(BackupHead head, ClusterDefinition definition, CancellationToken cancellation)
    {
        foreach (var store in stores)
        {
            foreach (var set in head.FurtherSets)
            {
                foreach (var (key, initial) in ClusterRow.FirstReplicas(definition, set, 0, set.Groups, store.LocalId))
                {
                    await CreateAsync(store, key, initial, cancellation);
                }
            }
        }
    }

    /// <summary>Makes the place of a replica, unless the restore that goes on made it and wrote to it.</summary>
    private static async Task CreateAsync(ILogStore store, ReplicaKey key, Configuration initial, CancellationToken cancellation)
    {
        try
        {
            await store.CreateReplicaAsync(key, initial, cancellation);
        }
        catch (StoreRefusedException)
        {
            // What is in it is looked at when its turn comes.
        }
    }

    private async Task WriteAsync(
        Stream input,
        string name,
        BackupContents contents,
        ClusterDefinition definition,
        Action<RestoreProgress>? progress,
        CancellationToken cancellation)
    {
        using var reader = new BackupReader(input, name);
        await reader.BeginAsync(cancellation);
        var sets = contents.Head.Sets().SelectMany(set => Enumerable.Range(0, set.Groups).Select(number => (Set: set, Number: number))).ToList();
        for (var place = 0; place < contents.Groups.Length; place++)
        {
            var (set, number) = sets[place];
            var group = contents.Groups[place];
            await using var target = new RestoreTarget(stores, group, definition.InitialConfiguration(set, number), set.Name == GroupSet.Catalogue);
            await target.OpenAsync(ReplicasAtOnce, cancellation);
            var read = await reader.ReadGroupAsync((_, offset, chunk) => target.TakeAsync(offset, chunk, cancellation), cancellation);
            if (read?.Group != group.Group || !read.Descriptor.Span.SequenceEqual(group.Descriptor.Span))
            {
                throw new CorruptDataException(
                    $"{name} was changed while it was restored; run the restore again with a file that is not being written");
            }

            await target.FinishAsync(cancellation);
            progress?.Invoke(new RestoreProgress(group.Group, place + 1, reader.Position));
        }

        await reader.ReadGroupAsync(null, cancellation);
    }
}

/// <summary>How far a restore is.</summary>
/// <param name="Group">The group that was restored last; null while the backup is verified.</param>
/// <param name="Groups">How many groups were restored.</param>
/// <param name="FileBytes">How many bytes of the backup were read.</param>
internal sealed record RestoreProgress(string? Group, int Groups, long FileBytes);
