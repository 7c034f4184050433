using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Tests.Storage;

/// <summary>The entry with which a group goes on without its majority stands in the survivor's log like any other.</summary>
public sealed class GroupRecoveryTests
{
    private static readonly Configuration Members = Configuration.OfVoters(3);
    private static readonly EntryId Covered = new(new Term(2), new LogIndex(9));
    private static readonly SnapshotDescriptor Snapshot = new(Covered, new LogTime(5), Members, 0) { Utc = new UtcTime(1_700_000_000_000) };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Time_and_stamp_of_the_last_entry_or_of_the_snapshot_are_carried_on(bool hasEntries)
    {
        var last = new Entry(new EntryId(new Term(2), new LogIndex(10)), EntryKind.Command, new LogTime(7), new byte[] { 1 })
        {
            Utc = new UtcTime(1_700_000_000_004),
        };
        var held = new RecoveredState(new HardState(new Term(3), null, Covered.Index), Snapshot, Covered, hasEntries ? [last] : []);

        var write = GroupRecovery.WriteOf(new ReplicaId(1), held);

        var entry = write.Append!.Entries[0];
        (entry.Time, entry.Utc).ShouldBe(hasEntries ? (last.Time, last.Utc) : (Snapshot.Time, Snapshot.Utc));
        var core = new RaftCore(
            new ReplicaId(1), new RaftSettings(), held with { HardState = write.HardState, Entries = [.. held.Entries, entry] }, seed: 1);
        core.LastUtc.ShouldBe(entry.Utc, "the survivor starts, and stamps go on from there");
    }
}
