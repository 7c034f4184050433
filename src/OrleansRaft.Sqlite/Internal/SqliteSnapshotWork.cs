using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>
/// A replica's work on snapshots: piece by piece, one after the other, each in a transaction that everything urgent goes before, so that a big
/// snapshot holds nobody up. What is left unfinished by a crash is deleted when the replica is opened.
/// </summary>
internal sealed class SqliteSnapshotWork(CommitLoop loop, Hold hold, ReplicaLogEventGate events, Action<Exception> failed)
{
    private const int SmallStepBytes = 16 * 1024;

    private readonly SerialQueue queue = new();
    private readonly Lock gate = new();
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
    /// <exception cref="Core.Codec.CorruptDataException">There is none.</exception>
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
        while (await StepAsync(database => SnapshotTable.DeleteSomeOthers(database, hold.Id, Staging?.Id ?? 0)))
        {
        }

        while (await StepAsync(database => LogTable.ForgetSome(database, hold.Id, SnapshotTable.ChunkBytes)))
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

    public void Save(SnapshotDescriptor descriptor, ReadOnlyMemory<byte> state) => Enqueue(async () =>
    {
        if (
            await StepAsync(
                database => IsNewer(database, descriptor) ? SnapshotTable.Create(database, hold.Id, descriptor) : default(long?)) is { } id)
        {
            for (var offset = 0; offset < state.Length; offset += SnapshotTable.ChunkBytes)
            {
                var (place, length) = (offset, Math.Min(SnapshotTable.ChunkBytes, state.Length - offset));
                await StepAsync(
                    database =>
                    {
                        SnapshotTable.PutChunk(database, id, place, state.Span.Slice(place, length));
                        return true;
                    },
                    length);
            }

            await StepAsync(database => Adopt(database, id, descriptor));
        }

        events.OnSnapshotSaved(descriptor);
        CleanUp();
    });

    public void Load(SnapshotDescriptor descriptor) => Enqueue(async () =>
    {
        var id = await StepAsync(database => FindNewest(database, descriptor.LastIncluded)?.Id
            ?? throw StoredLog.Damaged(hold.Key, descriptor.LastIncluded.Index, $"the installed snapshot through {descriptor.LastIncluded} is gone"));
        var state = new byte[checked((int)descriptor.SizeBytes)];
        for (var length = 0; length < state.Length;)
        {
            var offset = length;
            length = await StepAsync(database => SnapshotTable.ReadPart(database, hold.Key, id, descriptor, state, offset), SnapshotTable.ChunkBytes);
        }

        events.OnSnapshotLoaded(descriptor, state);
    });

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

    /// <summary>Makes a saved snapshot the newest, unless a newer one was installed meanwhile.</summary>
    private bool Adopt(Database database, long id, SnapshotDescriptor descriptor)
    {
        var isNewer = IsNewer(database, descriptor);
        if (isNewer)
        {
            ReplicaRow.SetSnapshot(database, hold, id);
        }

        return isNewer;
    }

    private bool IsNewer(Database database, SnapshotDescriptor descriptor) =>
        SnapshotTable.NewestId(database, hold.Id) is not { } newest
            || SnapshotTable.Describe(database, hold.Key, newest).LastIncluded.Index < descriptor.LastIncluded.Index;

    private Task<T> StepAsync<T>(Func<Database, T> step, long bytes = SmallStepBytes) => loop.SubmitAsync(
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
        catch (ObjectDisposedException)
        {
            // Closed: nobody listens any more.
        }
        catch (Exception exception)
        {
            failed(exception);
        }
    });
}
