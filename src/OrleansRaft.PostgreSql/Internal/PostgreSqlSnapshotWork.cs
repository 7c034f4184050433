using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// A replica's work on snapshots: chunk by chunk, one after the other, beside the log's writes, so that a big snapshot holds nobody up. Every
/// statement can be repeated. What makes a snapshot the newest goes with the log's writes, under their epoch.
/// </summary>
internal sealed class PostgreSqlSnapshotWork(IReplicaLogHost host, HeldReplica replica, IReplicaLogEvents events)
{
    private const int ChunkBytes = 256 * 1024;

    private readonly SerialQueue queue = new();
    private readonly Lock gate = new();
    private readonly Dictionary<long, TaskCompletionSource<bool>> adoptions = [];
    private (StoredSnapshot Snapshot, long Length)? staging;

    /// <summary>The completely staged snapshot of that description, if there is one.</summary>
    public StoredSnapshot? FindStaged(SnapshotDescriptor wanted)
    {
        lock (gate)
        {
            return staging is { } staged && staged.Snapshot.Descriptor == wanted && staged.Length == wanted.SizeBytes ? staged.Snapshot : null;
        }
    }

    /// <summary>A snapshot has become the newest, or would have, had not a newer one been there.</summary>
    public void OnNewest(StoredSnapshot snapshot)
    {
        lock (gate)
        {
            if (adoptions.Remove(snapshot.Id, out var adoption))
            {
                adoption.SetResult(true);
            }
            else if (staging?.Snapshot == snapshot)
            {
                staging = null;
                CleanUp();
            }
        }
    }

    /// <summary>Nothing becomes the newest any more.</summary>
    public void OnStopped()
    {
        lock (gate)
        {
            foreach (var adoption in adoptions.Values)
            {
                adoption.TrySetResult(false);
            }

            adoptions.Clear();
        }
    }

    /// <summary>Deletes what is neither the newest nor being staged.</summary>
    public void CleanUp() => Enqueue((connection, cancellation) =>
        SnapshotStatements.DeleteOthersAsync(connection, replica.Id, replica.Nonce, Staged?.Snapshot.Id ?? 0, cancellation));

    public void Stage(StageSnapshotChunk chunk) => Enqueue(async (connection, cancellation) =>
    {
        if (Staged is not { } staged || staged.Snapshot.Descriptor != chunk.Snapshot)
        {
            staged = (new StoredSnapshot(ActivationNonce.New(), chunk.Snapshot), 0);
            RequireHeld(
                await SnapshotStatements.CreateAsync(connection, staged.Snapshot.Id, replica.Id, replica.Nonce, chunk.Snapshot, cancellation));
            Staged = staged;
            await SnapshotStatements.DeleteOthersAsync(connection, replica.Id, replica.Nonce, staged.Snapshot.Id, cancellation);
        }

        if (chunk.Offset <= staged.Length)
        {
            await TruncateAsync(connection, staged.Snapshot, staged.Length, chunk.Offset, cancellation);
            if (!chunk.Data.IsEmpty)
            {
                RequireHeld(
                    await SnapshotStatements.PutChunkAsync(
                        connection, staged.Snapshot.Id, replica.Id, replica.Nonce, chunk.Offset, chunk.Data, cancellation));
            }

            staged = (staged.Snapshot, chunk.Offset + chunk.Data.Length);
            Staged = staged;
        }

        events.OnChunkStaged(chunk.Snapshot.LastIncluded, staged.Length);
    });

    public void Read(ReadSnapshotChunk request) => Enqueue(async (connection, cancellation) =>
    {
        if (replica.Newest is not { } newest
            || newest.Descriptor.LastIncluded != request.LastIncluded
            || request.Offset > newest.Descriptor.SizeBytes)
        {
            events.OnChunkRead(request, null, isLast: false);
            return;
        }

        if (request.Offset == newest.Descriptor.SizeBytes)
        {
            events.OnChunkRead(request, ReadOnlyMemory<byte>.Empty, isLast: true);
            return;
        }

        var chunk = await SnapshotStatements.ReadChunkAsync(connection, newest.Id, request.Offset, cancellation);
        if (chunk is null || chunk.End <= request.Offset)
        {
            // Replaced in the meantime, by us or by a successor.
            events.OnChunkRead(request, null, isLast: false);
            return;
        }

        var data = chunk.Checked(replica.Key, newest.Descriptor).Data[(int)(request.Offset - chunk.Offset)..];
        data = data[..Math.Min(data.Length, request.BytesMax)];
        events.OnChunkRead(request, data, request.Offset + data.Length == newest.Descriptor.SizeBytes);
    });

    public void Save(SnapshotDescriptor descriptor, ReadOnlyMemory<byte> state)
    {
        Invariant.Holds(descriptor.SizeBytes == state.Length, "a snapshot's descriptor knows its size");
        var snapshot = new StoredSnapshot(ActivationNonce.New(), descriptor);
        Enqueue(async (connection, cancellation) =>
        {
            RequireHeld(await SnapshotStatements.CreateAsync(connection, snapshot.Id, replica.Id, replica.Nonce, descriptor, cancellation));
            for (var offset = 0; offset < state.Length; offset += ChunkBytes)
            {
                var chunk = state.Slice(offset, Math.Min(ChunkBytes, state.Length - offset));
                RequireHeld(await SnapshotStatements.PutChunkAsync(connection, snapshot.Id, replica.Id, replica.Nonce, offset, chunk, cancellation));
            }
        });
        queue.Enqueue(async () =>
        {
            if (await AdoptAsync(snapshot))
            {
                events.OnSnapshotSaved(descriptor);
            }
        });
        CleanUp();
    }

    public void Load(SnapshotDescriptor descriptor) => Enqueue(async (connection, cancellation) =>
    {
        if (replica.Newest is not { } newest || newest.Descriptor != descriptor)
        {
            throw StoredLog.Damaged(replica.Key, descriptor.LastIncluded.Index, $"the installed snapshot through {descriptor.LastIncluded} is gone");
        }

        var chunks = new List<StoredChunk>();
        for (long offset = 0; offset < descriptor.SizeBytes; offset = chunks[^1].End)
        {
            if (await SnapshotStatements.ReadChunkAsync(connection, newest.Id, offset, cancellation) is not { } chunk || chunk.End <= offset)
            {
                break;
            }

            chunks.Add(chunk);
        }

        events.OnSnapshotLoaded(descriptor, RecoveredReplica.Join(replica.Key, descriptor, chunks));
    });

    private (StoredSnapshot Snapshot, long Length)? Staged
    {
        get
        {
            lock (gate)
            {
                return staging;
            }
        }

        set
        {
            lock (gate)
            {
                staging = value;
            }
        }
    }

    /// <summary>Forgets what has been staged from an offset on; a chunk that straddles it is shortened.</summary>
    private async Task TruncateAsync(NpgsqlConnection connection, StoredSnapshot snapshot, long length, long offset, CancellationToken cancellation)
    {
        if (offset == length)
        {
            return;
        }

        if (offset > 0
            && await SnapshotStatements.ReadChunkAsync(connection, snapshot.Id, offset - 1, cancellation) is { } chunk
            && chunk.End > offset)
        {
            var kept = chunk.Checked(replica.Key, snapshot.Descriptor).Data[..(int)(offset - chunk.Offset)];
            RequireHeld(await SnapshotStatements.PutChunkAsync(connection, snapshot.Id, replica.Id, replica.Nonce, chunk.Offset, kept, cancellation));
        }

        await SnapshotStatements.DeleteChunksFromAsync(connection, snapshot.Id, offset, cancellation);
    }

    /// <summary>Waits until the log's writer has made the snapshot the newest; false when the log stopped first.</summary>
    private async Task<bool> AdoptAsync(StoredSnapshot snapshot)
    {
        var adoption = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (replica.IsClosed)
            {
                return false;
            }

            adoptions.Add(snapshot.Id, adoption);
        }

        host.Writer.Enqueue(replica, new PendingWrite(null, snapshot));
        await using (replica.Closing.Register(() => adoption.TrySetResult(false)))
        {
            return await adoption.Task;
        }
    }

    private void RequireHeld(bool isHeld)
    {
        if (!isHeld)
        {
            throw replica.Fenced();
        }
    }

    /// <summary>Runs work when its turn comes, and again for as long as the server is away.</summary>
    private void Enqueue(Func<NpgsqlConnection, CancellationToken, Task> work) => queue.Enqueue(async () =>
    {
        try
        {
            if (!replica.IsClosed)
            {
                await host.SnapshotWorker.RunAsync(replica, work);
            }
        }
        catch (Exception) when (replica.Closing.IsCancellationRequested)
        {
            // Closed: nobody listens any more.
        }
        catch (StoreRefusedException exception)
        {
            replica.Stop(LogStopReason.Fenced, exception);
        }
        catch (CorruptDataException exception)
        {
            replica.Stop(LogStopReason.Corrupt, exception);
        }
    });
}
