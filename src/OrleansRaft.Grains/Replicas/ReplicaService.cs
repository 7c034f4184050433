using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Replicas;

/// <inheritdoc cref="IReplicaService"/>
[Reentrant]
internal sealed class ReplicaService(GrainId id, Silo silo, ILoggerFactory loggers, GroupTable groups, ILogStore store)
    : GrainService(id, silo, loggers), IReplicaService
{
    /// <inheritdoc/>
    public async Task<ReplicaReport[]> InspectAsync(ReplicaName[] wanted)
    {
        var reports = await Task.WhenAll(wanted.Select(Find).OfType<ILocalReplica>().Select(ReportAsync));
        return [.. reports.OfType<ReplicaReport>()];
    }

    /// <inheritdoc/>
    public async Task<byte[]?> ReadLogAsync(ReplicaName replica, long after, int limit) => Find(replica) is { IsRunning: true } hosted
        ? EntryListCodec.Encode(await hosted.Driver.ReadLogAsync(new LogIndex(after), limit))
        : null;

    /// <inheritdoc/>
    public async Task<byte[]> TransferLeadershipAsync(ReplicaName replica, long target) => Find(replica) is { IsRunning: true } hosted
        ? RequestCodec.EncodeReplies(new ReplyBatch(
            [await hosted.Driver.TransferLeadershipAsync(target == 0 ? null : new ReplicaId(target))], LogTime.Zero))
        : [];

    /// <inheritdoc/>
    public async Task<byte[]> SkipEntryAsync(ReplicaName replica, long entry) => Find(replica) is { IsRunning: true } hosted
        ? RequestCodec.EncodeReplies(new ReplyBatch([await hosted.Driver.SkipAsync(new LogIndex(entry))], LogTime.Zero))
        : [];

    /// <inheritdoc/>
    public async Task<byte[]> CompareAsync(ReplicaName replica) => Find(replica) is { IsRunning: true } hosted
        ? RequestCodec.EncodeReplies(new ReplyBatch([await hosted.Driver.CompareAsync()], LogTime.Zero))
        : [];

    /// <inheritdoc/>
    public async Task<byte[]> RaiseVersionAsync(ReplicaName replica, int version) => Find(replica) is { IsRunning: true } hosted
        ? RequestCodec.EncodeReplies(new ReplyBatch([await hosted.Driver.ProposeVersionAsync(version == 0 ? null : version)], LogTime.Zero))
        : [];

    /// <inheritdoc/>
    public async Task<byte[]> ChangeMembersAsync(ReplicaName replica, byte[] change)
    {
        if (Find(replica) is not { IsRunning: true } hosted)
        {
            return [];
        }

        var (changes, expectedVersion) = MemberChangeCodec.Decode(change);
        return RequestCodec.EncodeReplies(new ReplyBatch([await hosted.Driver.ChangeMembersAsync(changes, expectedVersion)], LogTime.Zero));
    }

    /// <inheritdoc/>
    public Task CreateReplicaAsync(ReplicaName replica, long version) => groups.Find(replica.Group) is { } group
        ? store.CreateReplicaAsync(
            new ReplicaKey(replica.Group, new ReplicaId(replica.Replica)),
            groups.Cluster.InitialConfiguration(group.Set, group.Number) with { Version = new LogIndex(version) },
            StoppedCancellationTokenSource.Token)
        : throw new StoreRefusedException($"This silo knows no group '{replica.Group}'.");

    /// <inheritdoc/>
    public async Task<bool> DeleteReplicaAsync(ReplicaName replica)
    {
        // It may live on here for a moment, since it has not heard that it was removed; its log is taken from it.
        Find(replica)?.Retire();
        return await store.DeleteReplicaAsync(
            new ReplicaKey(replica.Group, new ReplicaId(replica.Replica)), StoppedCancellationTokenSource.Token);
    }

    private static async Task<ReplicaReport?> ReportAsync(ILocalReplica replica)
    {
        // A paused replica would keep all the others waiting.
        if (!replica.IsRunning || replica.Faults is { IsPaused: true })
        {
            return null;
        }

        try
        {
            return ReplicaReport.Of(await replica.Driver.InspectAsync());
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    private ILocalReplica? Find(ReplicaName name) => groups.Find(name.Group)?.Find(new ReplicaId(name.Replica))?.Local;
}
