using OrleansRaft.Core;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>Everything that waits for one replica, merged into one change of its rows: what one statement does at once.</summary>
internal sealed class ReplicaWrite
{
    private const int CoalescedBytesMax = 256 * 1024;

    private readonly List<EntryBlock> fresh = [];
    private LogIndex newestSnapshot;

    public ReplicaWrite(HeldReplica replica)
    {
        Replica = replica;
        StoredLast = Last = replica.StoredLast;
        HardState = replica.StoredHardState;
        newestSnapshot = replica.Newest?.Descriptor.LastIncluded.Index ?? LogIndex.Zero;
    }

    public HeldReplica Replica { get; }

    /// <summary>What is told when the statement has landed, in order.</summary>
    public List<PendingWrite> Parts { get; } = [];

    public EntryId StoredLast { get; }

    public EntryId Last { get; private set; }

    public HardState HardState { get; private set; }

    /// <summary>Stored entries after this are cut off; null when none are.</summary>
    public LogIndex? CutAfter { get; private set; }

    /// <summary>The last entry that is forgotten; zero when none are.</summary>
    public EntryId Start { get; private set; }

    /// <summary>The snapshot that becomes the newest; null when none does.</summary>
    public StoredSnapshot? Newest { get; private set; }

    /// <summary>The blocks to insert, contiguous.</summary>
    public IReadOnlyList<EntryBlock> Blocks => fresh;

    /// <summary>How often the statement has been sent.</summary>
    public int Attempts { get; set; }

    /// <summary>Adds what was handed over next.</summary>
    public void Add(PendingWrite part)
    {
        Parts.Add(part);
        if (part.Snapshot is { } snapshot && snapshot.Descriptor.LastIncluded.Index > newestSnapshot)
        {
            // A snapshot of our own state may be overtaken by the installation of a newer one.
            newestSnapshot = snapshot.Descriptor.LastIncluded.Index;
            Newest = snapshot;
        }

        if (part.Write is { } write)
        {
            Add(write);
        }
    }

    /// <summary>Joins small blocks, so that a burst of small appends costs one row.</summary>
    public void Coalesce()
    {
        if (fresh.Count < 2 || fresh.Sum(static block => block.SizeBytes) > CoalescedBytesMax)
        {
            return;
        }

        var entries = new List<Entry>(fresh.Sum(static block => block.Count));
        fresh.ForEach(block => entries.AddRange(block.Entries));
        var joined = new EntryBlock(fresh[0].Previous, [.. entries]);
        fresh.Clear();
        fresh.Add(joined);
    }

    /// <summary>The statement has committed.</summary>
    public void OnLanded() => Replica.OnLanded(Last, HardState, Newest, Parts);

    private void Add(LogWrite write)
    {
        var shape = Runtime.Storage.LogWriteShape.Of(write);
        HardState = write.HardState;
        if (write.Install is { } install)
        {
            fresh.Clear();
            CutAfter = LogIndex.Zero;
            Start = install.LastIncluded;
        }

        if (shape.CutAfter is { } cut)
        {
            Cut(cut);
        }

        if (write.Append is { Count: > 0 } block)
        {
            fresh.Add(block);
        }

        if (write.CompactThrough is { } through && through.Index > Start.Index)
        {
            Start = through;
        }

        Last = shape.Last;
    }

    private void Cut(LogIndex cut)
    {
        while (fresh.Count > 0 && fresh[^1].Previous.Index >= cut)
        {
            fresh.RemoveAt(fresh.Count - 1);
        }

        if (fresh.Count == 0)
        {
            CutAfter = CutAfter is { } before ? LogIndex.Min(before, cut) : cut;
        }
        else if (fresh[^1].Last.Index > cut)
        {
            var block = fresh[^1];
            fresh[^1] = new EntryBlock(block.Previous, block.Entries[..(int)(cut - block.Previous.Index)].ToArray());
        }
    }
}
