namespace OrleansRaft.Core.Tests.Raft;

/// <summary>What survives a crash of one replica: everything that was written, nothing that was merely taken.</summary>
internal sealed class TestDisk(Configuration initial)
{
    public HardState HardState { get; set; }

    public SnapshotDescriptor Snapshot { get; set; } = SnapshotDescriptor.Initial(initial);

    public EntryId LogStart { get; set; }

    public List<Entry> Log { get; } = [];

    public EntryId Last => Log.Count == 0 ? LogStart : Log[^1].Id;

    public void Write(LogWrite write)
    {
        write.StoredLast.ShouldBe(Last, "a store refuses a write that expects another end of the log");
        HardState = write.HardState;
        if (write.Install is { } installed)
        {
            Snapshot = installed;
            LogStart = installed.LastIncluded;
            Log.Clear();
        }

        if (write.Append is { } block)
        {
            Log.RemoveAll(entry => entry.Index > block.Previous.Index);
            Last.ShouldBe(block.Previous, "entries follow the one before them");
            Log.AddRange(EntryBlock.Decode(block.Encoded).Entries);
        }

        if (write.CompactThrough is { } compacted)
        {
            Log.RemoveAll(entry => entry.Index <= compacted.Index);
            LogStart = compacted;
        }
    }

    public RecoveredState Recover() => new(HardState, Snapshot, LogStart, [.. Log]);
}
