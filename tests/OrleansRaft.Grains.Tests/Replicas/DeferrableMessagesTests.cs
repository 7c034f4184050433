using OrleansRaft.Core;
using OrleansRaft.Grains.Replicas;

namespace OrleansRaft.Grains.Tests.Replicas;

/// <summary>Which messages may wait for company.</summary>
public sealed class DeferrableMessagesTests
{
    private static readonly ReplicaId One = new(1);
    private static readonly ReplicaId Two = new(2);
    private readonly DeferrableMessages deferrable = new();

    [Fact]
    public void A_notice_of_the_commit_may_wait_and_what_its_receiver_needs_may_not()
    {
        deferrable.IsNotice(One, Append(term: 1, round: 5, entries: 1)).ShouldBeFalse();
        deferrable.IsNotice(One, Append(term: 1, round: 5)).ShouldBeTrue("of the commit");

        deferrable.IsNotice(One, Append(term: 1, round: 6)).ShouldBeFalse("a heartbeat, for which a read may wait");
        deferrable.IsNotice(One, Append(term: 1, round: 6, entries: 1)).ShouldBeFalse("entries");
        deferrable.IsNotice(One, Append(term: 2, round: 6)).ShouldBeFalse("the first word of a new leader");
    }

    [Fact]
    public void An_answer_that_says_nothing_new_may_wait()
    {
        deferrable.IsNotice(One, Answer(match: 3, round: 5)).ShouldBeFalse();
        deferrable.IsNotice(One, Answer(match: 3, round: 5)).ShouldBeTrue();

        deferrable.IsNotice(One, Answer(match: 4, round: 5)).ShouldBeFalse("an acknowledgement");
        deferrable.IsNotice(One, Answer(match: 4, round: 6)).ShouldBeFalse("it confirms a read");
        deferrable.IsNotice(One, Answer(match: 4, round: 6) with { IsHalted = true }).ShouldBeFalse("the leader must know");
        deferrable.IsNotice(One, Answer(match: 4, round: 6) with { Accepted = false }).ShouldBeFalse();
        deferrable.IsNotice(One, Answer(match: 4, round: 6) with { Accepted = false }).ShouldBeFalse("a refusal asks for something");
    }

    /// <summary>All answers differ in that, from the level on at which members tell their clocks.</summary>
    [Fact]
    public void An_answer_that_merely_tells_the_time_again_may_wait()
    {
        deferrable.IsNotice(One, Answer(match: 3, round: 5) with { Clock = new UtcTime(1_000) }).ShouldBeFalse();

        deferrable.IsNotice(One, Answer(match: 3, round: 5) with { Clock = new UtcTime(1_001) }).ShouldBeTrue();
        deferrable.IsNotice(One, Answer(match: 4, round: 5) with { Clock = new UtcTime(1_002) }).ShouldBeFalse("an acknowledgement");
    }

    [Fact]
    public void Each_member_hears_for_itself()
    {
        deferrable.IsNotice(One, Append(term: 1, round: 5, entries: 1));

        deferrable.IsNotice(Two, Append(term: 1, round: 5)).ShouldBeFalse();
        deferrable.IsNotice(One, Answer(match: 3, round: 5));
        deferrable.IsNotice(Two, Answer(match: 3, round: 5)).ShouldBeFalse();
    }

    [Fact]
    public void Votes_and_everything_else_never_wait()
    {
        var vote = new PreVote(new Term(1), EntryId.Zero);

        deferrable.IsNotice(One, vote).ShouldBeFalse();
        deferrable.IsNotice(One, vote).ShouldBeFalse();
    }

    private static AppendEntries Append(int term, int round, int entries = 0) => new(
        new Term(term),
        LogIndex.Zero,
        new EntryBlock(
            EntryId.Zero,
            [.. Enumerable.Range(1, entries).Select(
                index => new Entry(new EntryId(new Term(term), new LogIndex(index)), EntryKind.Command, LogTime.Zero, new byte[1]))]),
        LogIndex.Zero,
        new ReadSequence(round));

    private static AppendEntriesResponse Answer(int match, int round) =>
        new(new Term(1), LogIndex.Zero, true, new EntryId(new Term(1), new LogIndex(match)), LogIndex.Zero, new ReadSequence(round));
}
