using Npgsql;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>
/// A replica's work on snapshots: chunk by chunk, one after the other, beside the log's writes, so that a big snapshot holds nobody up. Every
/// statement can be repeated. What makes a snapshot the newest goes with the log's writes, under their epoch.
/// </summary>
internal sealed class PostgreSqlSnapshotWork(IReplicaLogHost host, HeldReplica replica, IReplicaLogEvents events)
{
    private readonly SerialQueue queue = new();

    // A large snapshot takes its time, in which others are read and staged.
    private readonly SerialQueue saving = new();
    private readonly Lock gate = new();

    // What is being written or read, or is with the log's writer, and how often: it is not deleted meanwhile.
    private readonly Dictionary<long, int> inUse = [];
    private readonly Dictionary<long, TaskCompletionSource<bool>> adoptions = [];
    private (StoredSnapshot Snapshot, long Length)? staging;
    private bool isForgetting;
    private bool isCleaning;
    private bool mustCleanAgain;

    /// <summary>The completely staged snapshot of that description, if there is one.</summary>
    public StoredSnapshot? FindStaged(SnapshotDescriptor wanted)
    {
        lock (gate)
        {
            return staging is { } staged && staged.Snapshot.Descriptor == wanted && staged.Length == wanted.SizeBytes ? staged.Snapshot : null;
        }
    }

    /// <summary>
    /// Gives a snapshot to the log's writer, which makes it the newest. From then on it is kept until that is known to be done, whatever is staged
    /// or given up meanwhile; where it is never known, until the next activation.
    /// </summary>
    public void GiveToWriter(LogWrite? write, StoredSnapshot snapshot)
    {
        Use(snapshot.Id);
        host.Writer.Enqueue(replica, new PendingWrite(write, snapshot));
    }

    /// <summary>A snapshot has become the newest, or would have, had not a newer one been there.</summary>
    public void OnNewest(StoredSnapshot snapshot)
    {
        Release(snapshot.Id);
        lock (gate)
        {
            if (adoptions.Remove(snapshot.Id, out var adoption))
            {
                // Whoever waited may have given up when the replica was closed.
                adoption.TrySetResult(true);
                return;
            }

            staging = staging?.Snapshot == snapshot ? null : staging;
        }

        CleanUp();
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

    /// <summary>Deletes what is neither the newest nor in use: a little at a time, between which chunks are read and staged.</summary>
    public void CleanUp()
    {
        lock (gate)
        {
            mustCleanAgain = isCleaning;
            if (isCleaning)
            {
                return;
            }

            isCleaning = true;
        }

        CleanSome();
    }

    /// <summary>Deletes what was compacted away of the log: a little at a time, between which chunks are read and staged.</summary>
    public void ForgetLog()
    {
        lock (gate)
        {
            if (isForgetting)
            {
                // What was compacted meanwhile is found by the one that is under way, or next time.
                return;
            }

            isForgetting = true;
        }

        ForgetLog(0);
    }

    public void Stage(StageSnapshotChunk chunk) => Enqueue(async (connection, cancellation) =>
    {
        if (Staged is not { } staged || staged.Snapshot.Descriptor != chunk.Snapshot)
        {
            staged = (new StoredSnapshot(ActivationNonce.New(), chunk.Snapshot), 0);
            RequireHeld(
                await SnapshotStatements.CreateAsync(connection, staged.Snapshot.Id, replica.Id, replica.Nonce, chunk.Snapshot, cancellation));
            Staged = staged;
            CleanUp();
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

    public void Save(SnapshotDescriptor descriptor, IStateView state)
    {
        var id = ActivationNonce.New();
        Use(id);
        saving.Enqueue(() => host.Views.SaveAsync(
            descriptor,
            state,
            chunk => PutAsync(id, descriptor, chunk),
            () =>
            {
                Release(id);
                CleanUp();
            },
            events,
            Fail,
            replica.Closing));
    }

    public void Load(SnapshotDescriptor descriptor) => Enqueue(async () =>
    {
        if (FindNewest(descriptor) is not { } newest)
        {
            throw StoredLog.Damaged(replica.Key, descriptor.LastIncluded.Index, $"the installed snapshot through {descriptor.LastIncluded} is gone");
        }

        var stream = Open(newest);
        if (descriptor.SizeBytes > SnapshotStream.MemoryBytesMax)
        {
            events.OnSnapshotLoaded(descriptor, stream);
            return;
        }

        using (stream)
        {
            var bytes = new byte[descriptor.SizeBytes];
            for (var length = 0; length < bytes.Length;)
            {
                foreach (var chunk in await ReadAsync(newest, length))
                {
                    chunk.Data.CopyTo(bytes.AsMemory(length));
                    length += chunk.Data.Length;
                }
            }

            events.OnSnapshotLoaded(descriptor, SnapshotStream.Of(bytes));
        }
    });

    /// <summary>Opens the newest snapshot, and keeps it until the stream is disposed.</summary>
    public SnapshotStream Open(StoredSnapshot snapshot)
    {
        Use(snapshot.Id);
        var ahead = new ChunksAhead(offset => ReadAsync(snapshot, offset), snapshot.Descriptor.SizeBytes);
        return new SnapshotStream(
            snapshot.Descriptor.SizeBytes,
            async offset =>
            {
                try
                {
                    return await ahead.ReadAsync(offset);
                }
                catch (Exception exception)
                {
                    Fail(exception);
                    throw;
                }
            },
            () =>
            {
                Release(snapshot.Id);
                CleanUp();
            });
    }

    private void CleanSome() => Enqueue(async (connection, cancellation) =>
    {
        var isMore = await SnapshotStatements.DeleteSomeOthersAsync(connection, replica.Id, replica.Nonce, IsInUse, cancellation);
        lock (gate)
        {
            // What is not in use any more since it was looked at, or is old by now, is deleted as well.
            isCleaning = isMore || mustCleanAgain;
            mustCleanAgain = false;
            if (!isCleaning)
            {
                return;
            }
        }

        CleanSome();
    });

    private void ForgetLog(long from) => Enqueue(async (connection, cancellation) =>
    {
        if (await DeletionStatements.ForgetBlocksAsync(connection, replica.Id, replica.Nonce, from, cancellation) is { } next)
        {
            ForgetLog(next);
            return;
        }

        lock (gate)
        {
            isForgetting = false;
        }
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

    /// <summary>Waits until the log's writer has made the snapshot the newest.</summary>
    /// <exception cref="OperationCanceledException">The log stopped before.</exception>
    private async Task AdoptAsync(StoredSnapshot snapshot)
    {
        var adoption = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (replica.IsClosed)
            {
                throw new OperationCanceledException($"replica {replica.Key} was closed");
            }

            adoptions.Add(snapshot.Id, adoption);
        }

        GiveToWriter(null, snapshot);
        await using (replica.Closing.Register(() => adoption.TrySetResult(false)))
        {
            if (!await adoption.Task)
            {
                throw new OperationCanceledException($"replica {replica.Key} was closed");
            }
        }
    }

    /// <summary>Writes a chunk, again and again for as long as the server is away; with the last one the snapshot becomes the newest.</summary>
    /// <returns>Whether it is still wanted: not when a newer one was installed meanwhile.</returns>
    private async Task<bool> PutAsync(long id, SnapshotDescriptor descriptor, SnapshotChunk chunk)
    {
        if (replica.Newest is { } newest && newest.Descriptor.LastIncluded.Index >= descriptor.LastIncluded.Index)
        {
            return false;
        }

        await host.SnapshotWorker.RunAsync(replica, async (connection, cancellation) =>
        {
            var (at, nonce) = (replica.Id, replica.Nonce);
            if (chunk is { Offset: 0, Whole: { } all })
            {
                RequireHeld(await SnapshotStatements.CreateWholeAsync(connection, id, at, nonce, all, chunk.Data, cancellation));
                return;
            }

            if (chunk.Offset == 0)
            {
                RequireHeld(await SnapshotStatements.CreateAsync(connection, id, at, nonce, descriptor, cancellation));
            }

            if (!chunk.Data.IsEmpty)
            {
                RequireHeld(await SnapshotStatements.PutChunkAsync(connection, id, at, nonce, chunk.Offset, chunk.Data, cancellation));
            }

            if (chunk.Whole is { } whole)
            {
                RequireHeld(await SnapshotStatements.ChangeAsync(connection, id, at, nonce, whole, cancellation));
            }
        });
        if (chunk.Whole is { } complete)
        {
            await AdoptAsync(new StoredSnapshot(id, complete));
        }

        return true;
    }

    /// <summary>
    /// Reads some chunks of a snapshot, the first of which begins at an offset; again and again for as long as the server is away.
    /// </summary>
    private async Task<IReadOnlyList<StoredChunk>> ReadAsync(StoredSnapshot snapshot, long offset)
    {
        List<StoredChunk> chunks = [];
        await host.SnapshotWorker.RunAsync(replica, async (connection, cancellation) =>
        {
            chunks.Clear();
            foreach (var chunk in await SnapshotStatements.ReadChunksAsync(connection, snapshot.Id, offset, cancellation))
            {
                if (chunk.Offset != (chunks.Count > 0 ? chunks[^1].End : offset) || chunk.Data.IsEmpty)
                {
                    break;
                }

                chunks.Add(chunk.Checked(replica.Key, snapshot.Descriptor));
            }

            if (chunks.Count > 0)
            {
                return;
            }

            // A successor deletes what it does not need.
            RequireHeld(await SnapshotStatements.IsHeldAsync(connection, replica.Id, replica.Nonce, cancellation));
            throw StoredLog.Damaged(
                replica.Key,
                snapshot.Descriptor.LastIncluded.Index,
                $"the snapshot through {snapshot.Descriptor.LastIncluded} has {snapshot.Descriptor.SizeBytes} bytes, but no chunk at byte {offset}");
        });
        return chunks;
    }

    private StoredSnapshot? FindNewest(SnapshotDescriptor wanted) =>
        replica.Newest is { } newest && newest.Descriptor == wanted ? newest : null;

    private bool IsInUse(long id)
    {
        lock (gate)
        {
            return inUse.ContainsKey(id) || staging?.Snapshot.Id == id;
        }
    }

    private void Use(long id)
    {
        lock (gate)
        {
            inUse[id] = inUse.GetValueOrDefault(id) + 1;
        }
    }

    private void Release(long id)
    {
        lock (gate)
        {
            if (inUse[id] > 1)
            {
                inUse[id]--;
            }
            else
            {
                inUse.Remove(id);
            }
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
    private void Enqueue(Func<NpgsqlConnection, CancellationToken, Task> work) => Enqueue(() => host.SnapshotWorker.RunAsync(replica, work));

    private void Enqueue(Func<Task> work) => queue.Enqueue(async () =>
    {
        try
        {
            if (!replica.IsClosed)
            {
                await work();
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    });

    private void Fail(Exception exception)
    {
        if (replica.Closing.IsCancellationRequested || replica.IsClosed)
        {
            // Nobody listens any more.
            return;
        }

        switch (exception)
        {
            case StoreRefusedException:
                replica.Stop(LogStopReason.Fenced, exception);
                break;
            case CorruptDataException:
                replica.Stop(LogStopReason.Corrupt, exception);
                break;
            default:
                replica.Stop(LogStopReason.Failed, exception);
                break;
        }
    }
}
