using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Backup;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Backup;

/// <summary>The replicas of one group that is being restored: each is given the same snapshot, and a log that begins behind it.</summary>
/// <param name="stores">The one shared store, or all local stores.</param>
/// <param name="group">What is restored.</param>
/// <param name="members">Who belongs to the group.</param>
/// <param name="isCatalogue">Whether it is the catalogue, whose state is rid of the members that groups had.</param>
internal sealed class RestoreTarget(IReadOnlyList<ILogStore> stores, BackedUpGroup group, Configuration members, bool isCatalogue) : IAsyncDisposable
{
    private readonly List<ReplicaLogSession> replicas = [];
    private readonly ArrayBufferWriter<byte>? whole = isCatalogue ? new ArrayBufferWriter<byte>() : null;
    private SnapshotDescriptor snapshot = group.ToSnapshot() with { Configuration = members };

    /// <summary>Opens the logs of those replicas that do not hold the state yet.</summary>
    /// <exception cref="StoreRefusedException">A replica holds something else.</exception>
    public async Task OpenAsync(int atOnce, CancellationToken cancellation)
    {
        foreach (var part in members.Members.Chunk(atOnce))
        {
            var opened = await Task.WhenAll(part.Select(member => OpenAsync(member, cancellation)));
            replicas.AddRange(opened.OfType<ReplicaLogSession>());
        }
    }

    /// <summary>Takes bytes of the state.</summary>
    public Task TakeAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        if (whole is not null)
        {
            whole.Write(bytes.Span);
            return Task.CompletedTask;
        }

        return StageAsync(offset, bytes, cancellation);
    }

    /// <summary>Makes the state durable, on all replicas.</summary>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        if (whole is not null)
        {
            (snapshot, var state) = CatalogueRewrite.WithoutMembers(snapshot, whole.WrittenMemory);
            await StageAsync(0, state, cancellation);
        }

        // A group that has no state yet has nothing to install.
        if (snapshot.LastIncluded != EntryId.Zero)
        {
            var write = new LogWrite(
                PersistTicket.Zero,
                new HardState(snapshot.LastIncluded.Term, null, snapshot.LastIncluded.Index),
                EntryId.Zero,
                Append: null,
                snapshot,
                CompactThrough: null);
            await Task.WhenAll(replicas.Select(replica => replica.WriteAsync(write, cancellation)));
        }

        await Task.WhenAll(replicas.Select(replica => replica.ReleaseAsync(cancellation)));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var replica in replicas)
        {
            await replica.DisposeAsync();
        }
    }

    private async Task<ReplicaLogSession?> OpenAsync(Member member, CancellationToken cancellation)
    {
        var key = new ReplicaKey(group.Group, member.Id);
        var session = await ReplicaLogSession.OpenAsync(stores.First(store => store.LocalId == member.Store), key, cancellation);
        var found = session.Log.Recovered;
        await session.Log.RecoveredSnapshot.DisposeAsync();
        if (found.Snapshot.LastIncluded == EntryId.Zero && found.Entries.Count == 0 && found.HardState == HardState.Initial)
        {
            return session;
        }

        // The catalogue's is rewritten, always into the same bytes; the others are what the backup holds.
        var isThere = found.Snapshot.LastIncluded == snapshot.LastIncluded && (isCatalogue || found.Snapshot.Checksum == snapshot.Checksum);
        await session.ReleaseAsync(cancellation);
        await session.DisposeAsync();
        return isThere
            ? null
            : throw new StoreRefusedException(
                $"replica {key} holds something else than the backup, {found.Snapshot.LastIncluded} instead of {snapshot.LastIncluded}: "
                    + "empty the store, and restore the backup into it again");
    }

    private async Task StageAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        if (snapshot.LastIncluded == EntryId.Zero)
        {
            return;
        }

        var sizeBytes = snapshot.SizeBytes;
        for (var start = 0; start < bytes.Length; start += ViewWriter.ChunkBytes)
        {
            var data = bytes.Slice(start, Math.Min(ViewWriter.ChunkBytes, bytes.Length - start));
            var chunk = new StageSnapshotChunk(snapshot, offset + start, data, offset + start + data.Length == sizeBytes);
            await Task.WhenAll(replicas.Select(replica => replica.StageAsync(chunk, cancellation)));
        }
    }
}
