using OrleansRaft.Runtime.Lives;

namespace OrleansRaft.Runtime.Tests.Lives;

/// <summary>Which entries are applied together in a careful start, and how the one is found that ends the process.</summary>
public sealed class CarePlanTests
{
    private const long Life = 2;
    private const ulong Program = 7;

    [Fact]
    public void A_usual_start_marks_nothing()
    {
        var plan = Plan(null, isCareful: false);

        plan.EntriesFrom(Index(1), 1_024).ShouldBe(1_024);
        plan.MarkOf(Index(1), Index(1_024)).ShouldBeNull();
        plan.MarkOfRestore(Index(0)).ShouldBeNull();
        plan.IsCarefulAfter(Index(0)).ShouldBeFalse();
        plan.MustRemember.ShouldBeFalse();
    }

    [Fact]
    public void A_careful_start_marks_all_of_the_log_that_was_read_back_and_nothing_after_it()
    {
        var plan = Plan(null, end: 1_000);

        plan.MarkOfRestore(Index(0))!.Restoring.ShouldBe(Index(0));
        Batches(plan, 1_300).ShouldBe([(1, 256, true), (257, 512, true), (513, 768, true), (769, 1_000, true), (1_001, 1_300, false)]);
        plan.IsCarefulAfter(Index(999)).ShouldBeTrue();
        plan.IsCarefulAfter(Index(1_000)).ShouldBeFalse();
    }

    [Fact]
    public void What_ended_the_process_is_divided_and_what_surrounds_it_is_not()
    {
        var plan = Plan(Mark(257, 512), end: 600);

        var batches = Batches(plan, 600);

        batches[0].ShouldBe((1, 256, true));
        batches[1].ShouldBe((257, 272, true));
        batches[16].ShouldBe((497, 512, true));
        batches[17].ShouldBe((513, 600, true));
        batches.Count.ShouldBe(18);
    }

    [Fact]
    public void A_suspect_is_marked_in_a_usual_start_too_and_only_that()
    {
        var plan = Plan(Mark(4, 5), end: 10, isCareful: false);

        Batches(plan, 10).ShouldBe([(1, 3, false), (4, 4, true), (5, 5, true), (6, 10, false)]);
        plan.IsCarefulAfter(Index(4)).ShouldBeTrue();
        plan.IsCarefulAfter(Index(5)).ShouldBeFalse();
        plan.MustRemember.ShouldBeFalse("the process may end before these are tried");
    }

    /// <summary>Otherwise a group that tries again now and then would hold up all others each time, for as long as its machine takes.</summary>
    [Fact]
    public void What_was_applied_or_restored_in_this_life_needs_no_care_when_the_state_is_made_anew()
    {
        var plan = Plan(Mark(257, 512), end: 600);
        plan.OnRestored(Index(0));
        plan.OnApplied(Index(300));

        plan.MarkOfRestore(Index(0)).ShouldBeNull();
        plan.MarkOfRestore(Index(8)).ShouldNotBeNull().Restoring.ShouldBe(Index(8), "another snapshot may end the process");
        var batches = Batches(plan, 600);
        batches[0].ShouldBe((1, 300, false));
        batches[1].ShouldBe((301, 316, true));
        batches[^1].ShouldBe((513, 600, true));
        plan.IsCarefulAfter(Index(0)).ShouldBeTrue();

        plan.OnApplied(Index(600));

        Batches(plan, 600).ShouldBe([(1, 600, false)]);
        plan.IsCarefulAfter(Index(0)).ShouldBeFalse();
    }

    /// <summary>From two ends without marks to a silo that serves: so often does somebody have to start it.</summary>
    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(9, 16, 3)]
    [InlineData(200, 256, 4)]
    [InlineData(70_001, 100_000, 4)]
    [InlineData(100_000, 100_000, 4)]
    public void The_entry_is_found_in_few_lives(long deadly, long end, int livesMost)
    {
        ApplyMark? stored = null;
        for (var lives = 0; ; lives++)
        {
            var plan = Plan(stored, end: end, life: lives + 10);
            if (plan.Condemned is { } condemned)
            {
                condemned.ShouldBe(Index(deadly));
                lives.ShouldBeInRange(2, livesMost);
                plan.Resting.ShouldNotBeNull().Condemned.ShouldBe(condemned);
                plan.MustRemember.ShouldBeTrue();
                return;
            }

            lives.ShouldBeLessThan(10);
            var (from, through, _) = Batches(plan, end).First(batch => batch.Through >= deadly);
            stored = plan.MarkOf(Index(from), Index(through)).ShouldNotBeNull();
        }
    }

    [Fact]
    public void A_condemned_entry_stays_so_for_its_program_and_is_judged_anew_for_another()
    {
        var condemned = new ApplyMark { Life = 1, Condemned = Index(5), Program = Program };

        Plan(condemned, isCareful: false).Condemned.ShouldBe(Index(5));
        var other = Plan(condemned, isCareful: false, program: Program + 1);
        other.Condemned.ShouldBeNull();
        Batches(other, 10).ShouldBe([(1, 4, false), (5, 5, true), (6, 10, false)]);
        var accused = Plan(other.MarkOf(Index(5), Index(5)), isCareful: false, program: Program + 1, life: 3);
        var again = Plan(accused.MarkOf(Index(5), Index(5)), isCareful: false, program: Program + 1, life: 4);

        accused.Condemned.ShouldBeNull();
        again.Condemned.ShouldBe(Index(5));
        again.Resting!.Program.ShouldBe(Program + 1);
    }

    [Fact]
    public void A_mark_on_entries_before_a_condemned_one_keeps_the_verdict()
    {
        var plan = Plan(new ApplyMark { Life = 1, Condemned = Index(5), Program = Program });

        var mark = plan.MarkOf(Index(1), Index(4)).ShouldNotBeNull();

        mark.Condemned.ShouldBe(Index(5));
        Plan(mark, life: 3).Condemned.ShouldBe(Index(5));
    }

    [Fact]
    public void A_replica_that_is_opened_anew_in_the_same_life_has_ended_no_process()
    {
        var plan = Plan(Mark(5, 5, life: Life), end: 10);

        plan.Condemned.ShouldBeNull();
        Batches(plan, 10).ShouldBe([(1, 4, true), (5, 5, true), (6, 10, true)]);
    }

    /// <summary>Somebody killed the process at that moment, or the mark could not be removed before it ended of something else.</summary>
    [Fact]
    public void What_was_under_way_once_when_a_life_ended_is_tried_again_and_acquitted_by_success()
    {
        var plan = Plan(Mark(5, 5), end: 10, isCareful: false);

        plan.Condemned.ShouldBeNull();
        plan.MustRemember.ShouldBeFalse("the process may end before it is tried");
        plan.MarkOf(Index(5), Index(5)).ShouldNotBeNull().IsAccused.ShouldBeTrue();
        plan.OnApplied(Index(4));
        plan.MarkOf(Index(5), Index(5)).ShouldNotBeNull().IsAccused.ShouldBeTrue();
        plan.OnApplied(Index(5));
        plan.MarkOf(Index(5), Index(5)).ShouldBeNull();
        plan.Condemned.ShouldBeNull();
    }

    [Fact]
    public void An_accusation_is_of_one_entry_or_one_snapshot()
    {
        var entry = Plan(Mark(5, 5), snapshot: 2, end: 10);
        var restore = Plan(new ApplyMark { Life = 1, Restoring = Index(2) }, snapshot: 2, end: 10);

        entry.MarkOfRestore(Index(2)).ShouldNotBeNull().IsAccused.ShouldBeFalse();
        entry.MarkOf(Index(6), Index(6)).ShouldNotBeNull().IsAccused.ShouldBeFalse();
        restore.MarkOfRestore(Index(3)).ShouldNotBeNull().IsAccused.ShouldBeFalse();
        restore.MarkOfRestore(Index(2)).ShouldNotBeNull().IsAccused.ShouldBeTrue();
        restore.MarkOf(Index(3), Index(3)).ShouldNotBeNull().IsAccused.ShouldBeFalse();
        restore.OnRestored(Index(2)).ShouldBeFalse();
        restore.MarkOfRestore(Index(2)).ShouldBeNull("it was restored");
    }

    /// <summary>Its disk failed while the entry was tried the second time: that is no end of a life.</summary>
    [Fact]
    public void A_replica_that_is_opened_anew_in_the_same_life_stays_accused_and_no_more()
    {
        var entry = Plan(Mark(5, 5, life: Life) with { IsAccused = true }, end: 10);
        var restore = Plan(new ApplyMark { Life = Life, Restoring = Index(2), IsAccused = true }, snapshot: 2, end: 10);

        entry.Condemned.ShouldBeNull();
        entry.Suspended.ShouldBe(Mark(5, 5, life: Life), "the life may end of something else before the entry is tried");
        Plan(entry.Suspended, end: 10, life: 3).Suspended.ShouldBeNull();
        entry.MarkOf(Index(5), Index(5)).ShouldNotBeNull().IsAccused.ShouldBeTrue();
        restore.Unrestorable.ShouldBeNull();
        restore.MarkOfRestore(Index(2)).ShouldNotBeNull().IsAccused.ShouldBeTrue();
    }

    [Fact]
    public void A_snapshot_passes_over_what_it_covers()
    {
        var mark = Mark(5, 5) with { IsAccused = true };
        Plan(mark, snapshot: 5, end: 10).Condemned.ShouldBeNull();
        Plan(mark, snapshot: 5, end: 10).MustRemember.ShouldBeTrue();
        var plan = Plan(mark, end: 10);

        plan.OnRestored(Index(4)).ShouldBeFalse();
        plan.Condemned.ShouldBe(Index(5));
        plan.OnRestored(Index(5)).ShouldBeTrue();
        plan.Resting.ShouldBeNull();
    }

    [Fact]
    public void A_snapshot_that_ends_the_process_is_not_restored_again_by_that_program()
    {
        var accused = Plan(Plan(null, snapshot: 8).MarkOfRestore(Index(8)), snapshot: 8, life: 3, isCareful: false);

        var plan = Plan(accused.MarkOfRestore(Index(8)), snapshot: 8, life: 4);

        accused.Unrestorable.ShouldBeNull();
        accused.MustRemember.ShouldBeFalse("the process may end before it is tried");
        plan.Unrestorable.ShouldBe(Index(8));
        Plan(plan.Resting, snapshot: 8, life: 5).Unrestorable.ShouldBe(Index(8));
        Plan(plan.Resting, snapshot: 9, life: 5).Unrestorable.ShouldBeNull();
        var other = Plan(plan.Resting, snapshot: 8, life: 5, isCareful: false, program: Program + 1);
        other.Unrestorable.ShouldBeNull();
        other.MarkOfRestore(Index(8))!.Restoring.ShouldBe(Index(8));
        other.OnRestored(Index(8));
        other.MarkOfRestore(Index(9)).ShouldBeNull();
    }

    private static LogIndex Index(long index) => new(index);

    private static ApplyMark Mark(long first, long last, long life = 1) => new() { Life = life, First = Index(first), Last = Index(last) };

    private static CarePlan Plan(
        ApplyMark? found, long snapshot = 0, long end = 100, bool isCareful = true, ulong program = Program, long life = Life) =>
        new(new StartCare(life, isCareful, TimeProvider.System), found, Index(snapshot), Index(end), () => program);

    private static List<(long From, long Through, bool IsMarked)> Batches(CarePlan plan, long end)
    {
        var batches = new List<(long From, long Through, bool IsMarked)>();
        for (long from = 1; from <= end;)
        {
            var through = from + plan.EntriesFrom(Index(from), (int)(end - from + 1)) - 1;
            var mark = plan.MarkOf(Index(from), Index(through));
            (mark?.First ?? Index(from), mark?.Last ?? Index(through)).ShouldBe((Index(from), Index(through)));
            batches.Add((from, through, mark is not null));
            from = through + 1;
        }

        return batches;
    }
}
