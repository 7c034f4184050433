using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>
/// A replica's work on snapshots: piece by piece, one after the other, each in a transaction that everything urgent goes before, so that a big
/// snapshot holds nobody up. What is left unfinished by a crash is deleted when the replica is opened.
/// </summary>
internal sealed class SqliteSnapshotWork(
    CommitLoop loop, Hold hold, ViewWriter views, ReplicaLogEventGate events, Action<Exception> failed, CancellationToken closed)
{
    private const int SmallStepBytes = 16 * 1024;

    private readonly SerialQueue queue = new();

    // A large snapshot takes its time, in which others are read and staged.
    private readonly SerialQueue saving = new();
    private readonly Lock gate = new();

    // What is being written or read, and how often: it is not deleted meanwhile.
    private readonly Dictionary<long, int> inUse = [];
    private (long Id, SnapshotDescriptor Descriptor, long Length)? staging;

    private (long Id, SnapshotDescriptor Descriptor, long Length)? Staging
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

    /// <summary>The completely staged snapshot of that description.</summary>
    /// <exception cref="CorruptDataException">There is none.</exception>
    public long RequireStaged(Database database, SnapshotDescriptor wanted) =>
        Staging is { } staged
            && staged.Descriptor == wanted
            && staged.Length == wanted.SizeBytes
            && SnapshotTable.Length(database, staged.Id) == wanted.SizeBytes
            ? staged.Id
            : throw StoredLog.Damaged(
                hold.Key,
                wanted.LastIncluded.Index,
                $"the snapshot through {wanted.LastIncluded} is to be installed but has not been staged completely");

    /// <summary>A staged snapshot has become the newest.</summary>
    public void OnInstalled()
    {
        Staging = null;
        CleanUp();
    }

    /// <summary>Deletes what is compacted away, and every snapshot that is neither the newest nor being staged.</summary>
    public void CleanUp() => Enqueue(async () =>
    {
        while (await StepAsync(database => SnapshotTable.DeleteSomeOthers(database, hold.Id, IsInUse)))
        {
        }

        while (await StepAsync(database => LogTable.ForgetSome(database, hold.Id, ViewWriter.ChunkBytes)))
        {
        }
    });

    public void Stage(StageSnapshotChunk chunk) => Enqueue(async () =>
    {
        var isOther = Staging is not { } current || current.Descriptor != chunk.Snapshot;
        var staged = await StepAsync(database => Stage(database, isOther ? null : Staging, chunk), chunk.Data.Length);
        Staging = staged;
        events.OnChunkStaged(chunk.Snapshot.LastIncluded, staged.Length);
        if (isOther)
        {
            CleanUp();
        }
    });

    public void Save(SnapshotDescriptor descriptor, IStateView state) => saving.Enqueue(() =>
    {
        long written = 0;
        return views.SaveAsync(
            descriptor,
            state,
            chunk => StepAsync(database => Put(database, descriptor, chunk, ref written), Math.Max(SmallStepBytes, chunk.Data.Length)),
            () =>
            {
                Release(written);
                CleanUp();
            },
            events,
            Fail,
            closed);
    });

    public void Load(SnapshotDescriptor descriptor) => Enqueue(async () =>
    {
        var (id, found) = await StepAsync(database =>
        {
            var newest = FindNewest(database, descriptor.LastIncluded)
                ?? throw StoredLog.Damaged(
                    hold.Key, descriptor.LastIncluded.Index, $"the installed snapshot through {descriptor.LastIncluded} is gone");
            Use(newest.Id);
            return newest;
        });
        var stream = Open(id, found);
        if (found.SizeBytes > SnapshotStream.MemoryBytesMax)
        {
            events.OnSnapshotLoaded(descriptor, stream);
            return;
        }

        using (stream)
        {
            var bytes = new byte[found.SizeBytes];
            for (var length = 0; length < bytes.Length;)
            {
                var part = await ReadAsync(id, found, length);
                part.CopyTo(bytes.AsMemory(length));
                length += part.Length;
            }

            events.OnSnapshotLoaded(descriptor, SnapshotStream.Of(bytes));
        }
    });

    /// <summary>Opens a snapshot that <see cref="Use"/> keeps, until the stream is disposed.</summary>
    public SnapshotStream Open(long id, SnapshotDescriptor descriptor) => new(
        descriptor.SizeBytes,
        async offset =>
        {
            try
            {
                return await ReadAsync(id, descriptor, offset);
            }
            catch (Exception exception)
            {
                Fail(exception);
                throw;
            }
        },
        () =>
        {
            Release(id);
            CleanUp();
        });

    /// <summary>Keeps a snapshot.</summary>
    public void Use(long id)
    {
        lock (gate)
        {
            inUse[id] = inUse.GetValueOrDefault(id) + 1;
        }
    }

    /// <summary>The newest snapshot, if it is that one.</summary>
    public (long Id, SnapshotDescriptor Descriptor)? FindNewest(Database database, EntryId lastIncluded) =>
        SnapshotTable.NewestId(database, hold.Id) is { } id
        && SnapshotTable.Describe(database, hold.Key, id) is var descriptor
        && descriptor.LastIncluded == lastIncluded
            ? (id, descriptor)
            : null;

    private (long Id, SnapshotDescriptor Descriptor, long Length) Stage(
        Database database, (long Id, SnapshotDescriptor Descriptor, long Length)? staged, StageSnapshotChunk chunk)
    {
        var (id, _, length) = staged ?? (SnapshotTable.Create(database, hold.Id, chunk.Snapshot), chunk.Snapshot, 0);
        if (chunk.Offset > length)
        {
            return (id, chunk.Snapshot, length);
        }

        if (chunk.Offset < length)
        {
            SnapshotTable.CutAt(database, hold.Key, id, chunk.Snapshot, chunk.Offset);
        }

        if (!chunk.Data.IsEmpty)
        {
            SnapshotTable.PutChunk(database, id, chunk.Offset, chunk.Data.Span);
        }

        return (id, chunk.Snapshot, chunk.Offset + chunk.Data.Length);
    }

    /// <summary>Writes a chunk; with the last one the snapshot becomes the newest.</summary>
    /// <returns>Whether it is still wanted: not when a newer one was installed meanwhile.</returns>
    private bool Put(Database database, SnapshotDescriptor descriptor, SnapshotChunk chunk, ref long written)
    {
        if (!IsNewer(database, descriptor))
        {
            return false;
        }

        if (chunk.Offset == 0)
        {
            // A transaction that fails is tried again: what it made before is not there.
            Release(written);
            written = SnapshotTable.Create(database, hold.Id, chunk.Whole ?? descriptor);
            Use(written);
        }

        if (!chunk.Data.IsEmpty)
        {
            SnapshotTable.PutChunk(database, written, chunk.Offset, chunk.Data.Span);
        }

        if (chunk.Whole is { } whole)
        {
            if (chunk.Offset > 0)
            {
                SnapshotTable.Change(database, written, whole);
            }

            ReplicaRow.SetSnapshot(database, hold, written);
        }

        return true;
    }

    private bool IsNewer(Database database, SnapshotDescriptor descriptor) =>
        SnapshotTable.NewestId(database, hold.Id) is not { } newest
            || SnapshotTable.Describe(database, hold.Key, newest).LastIncluded.Index < descriptor.LastIncluded.Index;

    private Task<ReadOnlyMemory<byte>> ReadAsync(long id, SnapshotDescriptor descriptor, long offset) => StepAsync(
        database => SnapshotTable.ReadFrom(database, hold.Key, id, descriptor, offset), ViewWriter.ChunkBytes);

    private bool IsInUse(long id)
    {
        lock (gate)
        {
            return inUse.ContainsKey(id) || staging?.Id == id;
        }
    }

    private void Release(long id)
    {
        lock (gate)
        {
            if (inUse.TryGetValue(id, out var users) && users > 1)
            {
                inUse[id] = users - 1;
            }
            else
            {
                inUse.Remove(id);
            }
        }
    }

    private Task<T> StepAsync<T>(Func<Database, T> step, long bytes = SmallStepBytes) => closed.IsCancellationRequested
        ? Task.FromCanceled<T>(closed)
        : loop.SubmitAsync(
            database =>
            {
                ReplicaRow.RequireHeld(database, hold);
                return step(database);
            },
            bytes);

    private void Enqueue(Func<Task> work) => queue.Enqueue(async () =>
    {
        try
        {
            if (!events.IsClosed)
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
        // Once it is closed nobody listens any more.
        if (exception is not (ObjectDisposedException or OperationCanceledException))
        {
            failed(exception);
        }
    }
}
