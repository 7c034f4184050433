using OrleansRaft.Runtime.Pulses;

namespace OrleansRaft.Runtime.Tests.Pulses;

/// <summary>Many replicas on one worker, whose thread is the test's.</summary>
public sealed class StepWorkerTests : IPulseHost
{
    private readonly StepWorker worker;
    private readonly List<string> course = [];
    private int wakes;

    public StepWorkerTests() => worker = new StepWorker(this);

    [Fact]
    public void All_that_asked_have_their_turns_in_one_pass_and_wake_the_worker_once()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            worker.Post(new Member(name, this));
        }

        worker.Pulse();

        wakes.ShouldBe(1);
        course.ShouldBe(["begin", "a", "b", "c", "end"]);
    }

    [Fact]
    public void Who_asks_during_a_pass_is_in_the_next_one_behind_those_that_asked_before()
    {
        worker.Post(new Member("busy", this, Again: 2));
        worker.Post(new Member("other", this));

        worker.Pulse();

        wakes.ShouldBe(1);
        course.ShouldBe(["begin", "busy", "other", "end", "begin", "busy", "end", "begin", "busy", "end"]);
    }

    [Fact]
    public void What_many_members_wrote_does_not_wait_for_the_last_of_them()
    {
        foreach (var number in Enumerable.Range(0, 130))
        {
            worker.Post(new Member($"{number}", this));
        }

        worker.Pulse();

        course.Count(static step => step == "end").ShouldBe(3);
        course.Where(static step => step is not ("begin" or "end")).ShouldBe(Enumerable.Range(0, 130).Select(static number => $"{number}"));
    }

    [Fact]
    public void A_worker_that_has_slept_is_woken_again()
    {
        worker.Post(new Member("a", this));
        worker.Pulse();

        worker.Post(new Member("b", this));
        worker.Pulse();

        wakes.ShouldBe(2);
        course.ShouldBe(["begin", "a", "end", "begin", "b", "end"]);
    }

    [Fact]
    public void A_turn_that_throws_takes_nothing_from_the_others()
    {
        worker.Post(new Member("broken", this, Throws: true));
        worker.Post(new Member("other", this));

        worker.Pulse();

        course.ShouldBe(["begin", "broken", "broken threw", "other", "end"]);
    }

    [Fact]
    public void A_pulse_gives_its_thread_back_although_there_is_always_more_to_do()
    {
        worker.Post(new Member("endless", this, Again: int.MaxValue));

        worker.Pulse();

        wakes.ShouldBe(2, "it asks for another pulse");
        course.Count(static step => step == "endless").ShouldBe(32);
        worker.Post(new Member("other", this));
        worker.Pulse();
        course.ShouldContain("other");
        wakes.ShouldBe(3, "nobody wakes it while a pulse is due");
    }

    void IPulseHost.Wake() => wakes++;

    void IPulseHost.OnPassBegun() => course.Add("begin");

    void IPulseHost.OnPassEnded() => course.Add("end");

    void IPulseHost.OnTurnFailed(Exception cause) => course.Add(cause.Message);

    /// <summary>Takes turns, and asks for so many more.</summary>
    private sealed record Member(string Name, StepWorkerTests Test, int Again = 0, bool Throws = false) : IPulseMember
    {
        private int left = Again;

        public void TakeTurn()
        {
            Test.course.Add(Name);
            if (left > 0)
            {
                left--;
                Test.worker.Post(this);
            }

            if (Throws)
            {
                throw new InvalidOperationException($"{Name} threw");
            }
        }
    }
}
