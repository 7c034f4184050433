using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Lab.Storage;

namespace OrleansRaft.Simulation.Tests;

public sealed class JournalTests
{
    private static readonly Configuration Initial = Configuration.OfVoters(3);

    [Fact]
    public void What_was_written_is_read_back()
    {
        var journal = new Journal();
        journal.Append(Write(1, EntryId.Zero, 1, 2));
        journal.Append(Write(2, Id(1, 2), 2, 3, previous: Id(1, 1)));

        var log = journal.Recover(Initial, "the journal");

        log.Last.ShouldBe(Id(2, 3));
        log.IdAt(new LogIndex(1)).ShouldBe(Id(1, 1));
        log.HardState.CurrentTerm.ShouldBe(new Term(2));
    }

    [Fact]
    public void A_torn_end_is_cut_off_and_what_is_before_it_stays()
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            var journal = new Journal();
            journal.Append(Write(1, EntryId.Zero, 1, 2));
            journal.Tear(Write(1, Id(1, 2), 3, 4, previous: Id(1, 2)), new RandomSource(seed));

            journal.Recover(Initial, "the journal").Last.ShouldBe(Id(1, 2), $"seed {seed}");
        }
    }

    [Fact]
    public void Any_flipped_bit_is_refused_with_its_place()
    {
        for (ulong seed = 0; seed < 500; seed++)
        {
            var journal = new Journal();
            journal.Append(Write(1, EntryId.Zero, 1, 2));
            journal.Append(Write(1, Id(1, 2), 3, 4, previous: Id(1, 2)));
            journal.FlipBit(new RandomSource(seed)).ShouldBeTrue();

            Should.Throw<CorruptDataException>(() => journal.Recover(Initial, "the journal"), $"seed {seed}").Message.ShouldContain("of the journal");
        }
    }

    private static byte[] Write(long term, EntryId storedLast, long from, long to, EntryId previous = default)
    {
        var entries = Enumerable.Range((int)from, (int)(to - from + 1))
            .Select(index => new Entry(Id(term, index), EntryKind.Command, new LogTime(index), Encoding.UTF8.GetBytes($"command {index}")))
            .ToArray();
        var hardState = new HardState(new Term(term), new ReplicaId(1), LogIndex.Zero);
        return JournalRecord.OfWrite(new LogWrite(new PersistTicket(1), hardState, storedLast, new EntryBlock(previous, entries), null, null));
    }

    private static EntryId Id(long term, long index) => new(new Term(term), new LogIndex(index));
}
