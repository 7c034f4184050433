using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>What the log takes of memory.</summary>
public sealed class RaftLogTests
{
    private const int Many = 10_000;

    [Fact]
    public void A_log_that_fills_and_is_compacted_again_and_again_takes_its_room_once()
    {
        var log = new RaftLog(EntryId.Zero, LogTime.Zero, UtcTime.None);
        Fill(log);
        log.CompactThrough(log.Last.Index);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var cycle = 0; cycle < 3; cycle++)
        {
            Fill(log);
            log.CompactThrough(log.Last.Index);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(Many);
    }

    [Fact]
    public void A_log_that_needs_less_than_it_did_gives_room_back()
    {
        var log = new RaftLog(EntryId.Zero, LogTime.Zero, UtcTime.None);
        Fill(log);
        log.CompactThrough(log.Last.Index.Previous);
        log.Trim();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Fill(log);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeGreaterThan(Many, "its room is taken anew");
        log.Count.ShouldBe(Many + 1);
        log.Last.Index.ShouldBe(Index(2 * Many));
    }

    private static void Fill(RaftLog log)
    {
        for (var count = 0; count < Many; count++)
        {
            log.Append(new Entry(Entry(1, log.Last.Index.Value + 1), EntryKind.Command, LogTime.Zero, ReadOnlyMemory<byte>.Empty));
        }
    }
}
