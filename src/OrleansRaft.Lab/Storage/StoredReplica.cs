using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Lab.Storage;

/// <summary>Everything durable about one replica, and who may change it.</summary>
internal sealed class StoredReplica(ReplicaKey key, Configuration initial)
{
    private readonly Journal journal = new();
    private readonly List<byte> staged = [];

    private SnapshotDescriptor? stagedSnapshot;
    private bool isStagedWhole;
    private byte[] snapshot = [];
    private uint snapshotChecksum = Crc32C.Compute([]);

    public ReplicaKey Key => key;

    /// <summary>How much was committed when the name came back: its new life begins with a later entry. Zero in its first life.</summary>
    public LogIndex JoinedAfter { get; private set; }

    /// <summary>Whether the name was removed and came back: what its former life held is gone.</summary>
    public bool HasLostItsPast { get; private set; }

    /// <summary>The epoch of the latest activation: the only one that may write.</summary>
    public long Epoch { get; set; }

    /// <summary>Tells the latest activation that another takes the replica over.</summary>
    public Action? OnTakenOver { get; set; }

    /// <summary>The last epoch that was allowed to speak; zero once it gave that right back.</summary>
    public long Speaker { get; set; }

    /// <summary>What the user's code was about to do; null for nothing.</summary>
    public ApplyMark? Mark { get; set; }

    /// <summary>What the journal adds up to.</summary>
    public DurableLog Log { get; private set; } = new(initial);

    /// <summary>How many bytes of a snapshot are put aside; null when it is not the one of which anything is.</summary>
    public int? StagedBytesOf(EntryId lastIncluded) => stagedSnapshot?.LastIncluded == lastIncluded ? staged.Count : null;

    /// <summary>Reads the snapshot's bytes.</summary>
    /// <exception cref="CorruptDataException">They are damaged.</exception>
    public ReadOnlyMemory<byte> ReadSnapshot() => Crc32C.Compute(snapshot) == snapshotChecksum
        ? snapshot
        : throw new CorruptDataException($"the snapshot of {Key} does not match its checksum; replace the replica as a member");

    public void Write(LogWrite write, byte[] record)
    {
        if (write.Install is { } install)
        {
            Invariant.Holds(isStagedWhole && stagedSnapshot!.LastIncluded == install.LastIncluded, "an installed snapshot was staged whole");
            Keep([.. staged]);
            Unstage();
        }

        Log.Write(write.HardState, write.StoredLast, write.Append, write.Install, write.CompactThrough);
        if (write.CompactThrough is null)
        {
            journal.Append(record);
        }
        else
        {
            journal.Rewrite(JournalRecord.OfCheckpoint(Log));
        }
    }

    public void Stage(StageSnapshotChunk chunk)
    {
        if (chunk.Offset == 0)
        {
            Unstage();
            stagedSnapshot = chunk.Snapshot;
        }

        Invariant.Holds(
            stagedSnapshot?.LastIncluded == chunk.Snapshot.LastIncluded && staged.Count == chunk.Offset, "chunks of a snapshot follow each other");
        staged.AddRange(chunk.Data.Span);
        isStagedWhole = chunk.IsLast;
    }

    /// <summary>Puts a chunk of a snapshot of the replica's own state aside; the last one makes it the newest, unless a newer one is there.</summary>
    public void SaveSnapshot(StoredView view, SnapshotChunk chunk, byte[]? record)
    {
        Invariant.Holds(view.Bytes.Count == chunk.Offset, "chunks of a snapshot follow each other");
        view.Bytes.AddRange(chunk.Data.Span);
        if (chunk.Whole is { } whole && whole.LastIncluded.Index > Log.Snapshot.LastIncluded.Index)
        {
            Keep([.. view.Bytes]);
            Log.SaveSnapshot(whole);
            journal.Append(record!);
        }
    }

    public void Tear(byte[] record, RandomSource random) => journal.Tear(record, random);

    /// <summary>
    /// A removed replica's name comes back: only its term and vote are kept. What its former life still has on its way is not taken any more.
    /// </summary>
    public void Renew(Configuration first, LogIndex committed)
    {
        JoinedAfter = committed;
        HasLostItsPast = true;
        Epoch++;
        Speaker = 0;
        Mark = null;
        Unstage();
        Keep([]);
        var start = SnapshotDescriptor.Initial(first);
        Log.Reset(Log.HardState with { CommitIndex = LogIndex.Zero }, start, EntryBlock.Empty(EntryId.Zero));
        journal.Rewrite(JournalRecord.OfCheckpoint(Log));
    }

    /// <summary>Flips one bit of the journal, or of the snapshot.</summary>
    public bool FlipBit(RandomSource random)
    {
        if (snapshot.Length > 0 && random.Next(0, 4) == 0)
        {
            // What somebody has read before is in that reader's memory, where it does not rot with the disk.
            snapshot = [.. snapshot];
            snapshot[random.Next(0, snapshot.Length)] ^= (byte)(1 << random.Next(0, 8));
            return true;
        }

        return journal.FlipBit(random);
    }

    /// <summary>Reads the log back, as a starting replica does.</summary>
    /// <exception cref="CorruptDataException">Something is damaged; the message names it.</exception>
    public RecoveredState Recover()
    {
        Log = journal.Recover(initial, Key.ToString());
        Unstage();
        return Log.ToRecovered() with { JoinedAfter = JoinedAfter };
    }

    private void Keep(byte[] state)
    {
        snapshot = state;
        snapshotChecksum = Crc32C.Compute(state);
    }

    private void Unstage()
    {
        staged.Clear();
        stagedSnapshot = null;
        isStagedWhole = false;
    }
}

/// <summary>What is stored of a snapshot that is being written; nobody finds it after a crash.</summary>
internal sealed class StoredView
{
    public List<byte> Bytes { get; } = [];
}
