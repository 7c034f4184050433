using System.Collections.Immutable;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Storage;

/// <summary>Which part of what a store holds of a replica is damaged.</summary>
internal enum StoredPart
{
    /// <summary>Term and vote: what the replica gave its word for. Nothing mends it.</summary>
    Vote = 0,

    /// <summary>Entries of the log.</summary>
    Log = 1,

    /// <summary>The newest snapshot.</summary>
    Snapshot = 2,
}

/// <summary>Something that is stored is damaged.</summary>
/// <param name="Part">What.</param>
/// <param name="Index">Where: the index of the entry, or the last one that the snapshot holds.</param>
/// <param name="Detail">A sentence for people.</param>
internal sealed record StoredDamage(StoredPart Part, LogIndex Index, string Detail);

/// <summary>What a store holds of a replica, after all of it was read.</summary>
/// <param name="Key">The replica.</param>
/// <param name="Row">Its row; null where that is damaged.</param>
/// <param name="Configuration">The last configuration that the log or the snapshot holds, committed or not; null where the row is damaged.</param>
/// <param name="Blocks">How many blocks the log has.</param>
/// <param name="Entries">How many entries.</param>
/// <param name="LogBytes">How many bytes the blocks have.</param>
/// <param name="SnapshotBytes">How many bytes of the snapshot were read.</param>
/// <param name="Damage">What is damaged; empty when all is well.</param>
internal sealed record ExaminedReplica(
    ReplicaKey Key,
    StoredRow? Row,
    Configuration? Configuration,
    int Blocks,
    long Entries,
    long LogBytes,
    long SnapshotBytes,
    ImmutableArray<StoredDamage> Damage);

/// <summary>Reads everything that a store holds of a replica, a piece at a time, and checks it against its checksums and against itself.</summary>
/// <remarks>
/// The replica may run. What changes while it is read is read anew; a log that never holds still is checked block by block, and its ends are left to
/// the replica, which knows them.
/// </remarks>
internal sealed class Examination
{
    private const int PieceBytes = 256 * 1024;
    private const int AttemptsMax = 3;
    private const string Unsteady = "the stored parts do not fit together: ";

    private readonly ReplicaKey key;
    private readonly IStoredReplica stored;
    private readonly Func<int, CancellationToken, Task> pace;
    private readonly Action<ReadOnlyMemory<byte>>? onSnapshot;
    private readonly List<StoredDamage> damage = [];
    private Configuration? configuration;
    private int blocks;
    private long entries;
    private long logBytes;
    private long snapshotBytes;
    private bool isLost;

    private Examination(
        ReplicaKey key, IStoredReplica stored, Func<int, CancellationToken, Task> pace, Action<ReadOnlyMemory<byte>>? onSnapshot)
    {
        this.key = key;
        this.stored = stored;
        this.pace = pace;
        this.onSnapshot = onSnapshot;
    }

    /// <summary>Examines a replica.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="key">Which.</param>
    /// <param name="pace">Called after each piece with its size in bytes: who does not hurry waits a little; null to hurry.</param>
    /// <param name="onSnapshot">Takes the bytes of the snapshot in order; where it was replaced meanwhile, those of the new one, after none.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What was found; null when the replica has no place in the store.</returns>
    public static async Task<ExaminedReplica?> RunAsync(
        ILogStore store,
        ReplicaKey key,
        Func<int, CancellationToken, Task>? pace,
        Action<ReadOnlyMemory<byte>>? onSnapshot,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(store);
        var stored = store.Look(key);
        for (var attempt = 1; ; attempt++)
        {
            var examination = new Examination(key, stored, pace ?? (static (_, _) => Task.CompletedTask), onSnapshot);
            StoredRow? row;
            try
            {
                row = await stored.ReadRowAsync(cancellation);
            }
            catch (CorruptDataException exception)
            {
                return new ExaminedReplica(
                    key, null, null, 0, 0, 0, 0, [new StoredDamage(StoredPart.Vote, LogIndex.Zero, exception.Message)]);
            }

            if (row is null)
            {
                return null;
            }

            await examination.ReadAsync(row, cancellation);
            if (examination.damage.Count == 0 || attempt == AttemptsMax || !await HasChangedAsync(stored, row, cancellation))
            {
                return await examination.ConcludeAsync(row, cancellation);
            }

            onSnapshot?.Invoke(default);
        }
    }

    private static async Task<bool> HasChangedAsync(IStoredReplica stored, StoredRow before, CancellationToken cancellation)
    {
        try
        {
            return await stored.ReadRowAsync(cancellation) is { } now
                && (now.Writes, now.SnapshotId, now.Epoch) != (before.Writes, before.SnapshotId, before.Epoch);
        }
        catch (CorruptDataException)
        {
            return true;
        }
    }

    /// <summary>What does not fit together in a log that was written to all the time may be its movement, and not damage.</summary>
    private async Task<ExaminedReplica> ConcludeAsync(StoredRow row, CancellationToken cancellation)
    {
        var certain = damage.Count > 0 && await HasChangedAsync(stored, row, cancellation)
            ? damage.Where(static found => !found.Detail.StartsWith(Unsteady, StringComparison.Ordinal))
            : damage;
        return new ExaminedReplica(key, row, configuration, blocks, entries, logBytes, snapshotBytes, [.. certain]);
    }

    private async Task ReadAsync(StoredRow row, CancellationToken cancellation)
    {
        configuration = row.Snapshot?.Configuration ?? row.Initial;
        await ReadLogAsync(row, cancellation);
        if (row.SnapshotProblem is { } problem)
        {
            damage.Add(new StoredDamage(StoredPart.Snapshot, row.LogStart.Index, problem));
        }
        else if (row is { SnapshotId: { } id, Snapshot: { } snapshot })
        {
            await ReadSnapshotAsync(id, snapshot, cancellation);
        }

        if (row.Snapshot is { } included && damage.Count == 0)
        {
            Fit(row, included);
        }
    }

    private async Task ReadLogAsync(StoredRow row, CancellationToken cancellation)
    {
        BlockPlace? after = null;
        EntryId? before = null;
        while (await stored.ReadBlocksAsync(after, PieceBytes, cancellation) is { Count: > 0 } piece)
        {
            var size = 0;
            foreach (var placed in piece)
            {
                size += placed.Block.Encoded.Length;
                before = Check(row, placed.Block, before);
            }

            after = piece[^1].Place;
            logBytes += size;
            await pace(size, cancellation);
        }

        var last = before ?? row.LogStart;
        if (!isLost && last != row.LogLast)
        {
            AddUnsteady(last.Index.Next, $"the log ends with {last} although the replica's row says {row.LogLast}");
        }
    }

    /// <returns>The last entry that counts.</returns>
    private EntryId? Check(StoredRow row, StoredBlock placed, EntryId? before)
    {
        blocks++;
        EntryBlock block;
        try
        {
            block = EntryBlock.Decode(placed.Encoded);
        }
        catch (CorruptDataException exception)
        {
            damage.Add(new StoredDamage(StoredPart.Log, (before?.Index ?? row.LogStart.Index).Next, exception.Message));
            isLost = true;
            return before;
        }

        if (block.Count == 0 || placed.ValidThrough <= block.Previous.Index || placed.ValidThrough > block.Last.Index)
        {
            damage.Add(new StoredDamage(StoredPart.Log, block.Previous.Index.Next, $"{block} cannot count through {placed.ValidThrough}"));
            isLost = true;
            return before;
        }

        if (isLost)
        {
            // What stood before it is damaged.
            isLost = false;
        }
        else if (before is { } known ? block.Previous != known : block.Previous.Index > row.LogStart.Index)
        {
            AddUnsteady(block.Previous.Index.Next, $"{block} does not follow {before ?? row.LogStart}");
        }

        EntryId? last = null;
        foreach (ref readonly var entry in block.Entries)
        {
            if (entry.Index > placed.ValidThrough)
            {
                break;
            }

            entries += entry.Index > row.LogStart.Index ? 1 : 0;
            last = entry.Id;
            if (entry.Kind == EntryKind.Configuration && entry.Index > (row.Snapshot?.LastIncluded.Index ?? LogIndex.Zero))
            {
                configuration = ConfigurationCodec.Decode(entry.Body) with { Version = entry.Index };
            }
        }

        return last;
    }

    private async Task ReadSnapshotAsync(long id, SnapshotDescriptor snapshot, CancellationToken cancellation)
    {
        uint checksum = 0;
        try
        {
            while (snapshotBytes < snapshot.SizeBytes)
            {
                if (await stored.ReadChunkAsync(id, snapshot, snapshotBytes, cancellation) is not { Length: > 0 } chunk
                    || chunk.Length > snapshot.SizeBytes - snapshotBytes)
                {
                    AddUnsteady(
                        snapshot.LastIncluded.Index,
                        $"the snapshot through {snapshot.LastIncluded} has no chunk at byte {snapshotBytes} of {snapshot.SizeBytes}",
                        StoredPart.Snapshot);
                    return;
                }

                checksum = Crc32C.Append(checksum, chunk.Span);
                snapshotBytes += chunk.Length;
                onSnapshot?.Invoke(chunk);
                await pace(chunk.Length, cancellation);
            }
        }
        catch (CorruptDataException exception)
        {
            damage.Add(new StoredDamage(StoredPart.Snapshot, snapshot.LastIncluded.Index, exception.Message));
            return;
        }

        if (snapshot.Checksum is { } wanted && wanted != checksum)
        {
            damage.Add(new StoredDamage(
                StoredPart.Snapshot, snapshot.LastIncluded.Index, $"the snapshot through {snapshot.LastIncluded} does not match its checksum"));
        }
    }

    /// <summary>As a replica that starts demands it.</summary>
    private void Fit(StoredRow row, SnapshotDescriptor snapshot)
    {
        if (row.LogStart.Index > snapshot.LastIncluded.Index)
        {
            AddUnsteady(snapshot.LastIncluded.Index.Next, $"the log starts after {row.LogStart}, the snapshot ends with {snapshot.LastIncluded}");
        }

        if (row.LogLast.Index < snapshot.LastIncluded.Index)
        {
            AddUnsteady(row.LogLast.Index.Next, $"the log ends with {row.LogLast} before the snapshot's {snapshot.LastIncluded}");
        }

        if (row.HardState.CurrentTerm < row.LogLast.Term)
        {
            damage.Add(new StoredDamage(
                StoredPart.Vote,
                row.LogLast.Index,
                $"the current term {row.HardState.CurrentTerm} is below the term of the last entry {row.LogLast}"));
        }
    }

    private void AddUnsteady(LogIndex index, string what, StoredPart part = StoredPart.Log) =>
        damage.Add(new StoredDamage(part, index, Unsteady + what));
}
