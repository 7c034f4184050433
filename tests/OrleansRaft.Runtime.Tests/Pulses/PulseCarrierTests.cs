using OrleansRaft.Runtime.Pulses;

namespace OrleansRaft.Runtime.Tests.Pulses;

/// <summary>Inputs that one thread brings to replicas, whose turns it may give them itself.</summary>
public sealed class PulseCarrierTests
{
    private readonly List<string> course = [];

    [Fact]
    public void A_free_thread_makes_one_pass_behind_all_that_it_has_brought_and_wakes_nobody()
    {
        var worker = new Host(this, "worker");

        PulseCarrier.Begin();
        worker.Post("a");
        worker.Post("b");
        course.Add("brought");
        PulseCarrier.End(isFree: true);

        course.ShouldBe(["brought", "worker begins", "a", "b", "worker ends"]);
    }

    [Fact]
    public void A_thread_that_is_not_free_wakes_the_worker_once_when_it_has_brought_everything()
    {
        var worker = new Host(this, "worker");

        PulseCarrier.Begin();
        worker.Post("a");
        worker.Post("b");
        course.Add("brought");
        PulseCarrier.End(isFree: false);

        course.ShouldBe(["brought", "worker is woken"]);
    }

    [Fact]
    public void What_follows_from_the_carried_pass_is_carried_and_the_rest_is_left_to_the_host()
    {
        var worker = new Host(this, "worker");

        PulseCarrier.Begin();
        worker.Post("a", () => worker.Post("b", () => worker.Post("c")));
        PulseCarrier.End(isFree: true);

        course.ShouldBe(["worker begins", "a", "worker ends", "worker begins", "b", "worker ends", "worker is woken"]);
        course.Clear();
        worker.Pulse();
        course.ShouldBe(["worker begins", "c", "worker ends"]);
        worker.Post("d");
        course[^1].ShouldBe("worker is woken", "it sleeps");
    }

    [Fact]
    public void One_worker_is_carried_and_the_others_run_meanwhile()
    {
        var (first, second) = (new Host(this, "first"), new Host(this, "second"));

        PulseCarrier.Begin();
        first.Post("a");
        second.Post("b");
        PulseCarrier.End(isFree: true);

        course.ShouldBe(["second is woken", "first begins", "a", "first ends"]);
    }

    [Fact]
    public void A_worker_that_runs_already_is_left_alone()
    {
        var worker = new Host(this, "worker");
        worker.Post("a");

        PulseCarrier.Begin();
        worker.Post("b");
        PulseCarrier.End(isFree: true);

        course.ShouldBe(["worker is woken"]);
    }

    [Fact]
    public void Who_brings_something_while_others_do_leaves_the_pulse_to_them()
    {
        var worker = new Host(this, "worker");

        PulseCarrier.Begin();
        PulseCarrier.Begin();
        worker.Post("a");
        PulseCarrier.End(isFree: true);
        course.ShouldBeEmpty();
        PulseCarrier.End(isFree: false);

        course.ShouldBe(["worker is woken"]);
    }

    /// <summary>The turn of one replica must not be interrupted by those of others.</summary>
    [Fact]
    public void A_turn_that_brings_something_to_another_worker_does_not_carry_it()
    {
        var (first, second) = (new Host(this, "first"), new Host(this, "second"));

        PulseCarrier.Begin();
        first.Post("a", () =>
        {
            PulseCarrier.Begin();
            second.Post("b");
            PulseCarrier.End(isFree: true);
        });
        PulseCarrier.End(isFree: true);

        course.ShouldBe(["first begins", "a", "second is woken", "first ends"]);
    }

    [Fact]
    public void Inputs_of_another_thread_are_not_kept()
    {
        var worker = new Host(this, "worker");

        PulseCarrier.Begin();
        var other = new Thread(() => worker.Post("a"));
        other.Start();
        other.Join();
        PulseCarrier.End(isFree: true);

        course.ShouldBe(["worker is woken"]);
    }

    private sealed class Host : IPulseHost
    {
        private readonly PulseCarrierTests test;
        private readonly string name;
        private readonly StepWorker worker;

        public Host(PulseCarrierTests test, string name)
        {
            this.test = test;
            this.name = name;
            worker = new StepWorker(this);
        }

        public void Post(string member, Action? turn = null) => worker.Post(new Member(test, member, turn));

        public void Pulse() => worker.Pulse();

        public void Wake() => test.course.Add($"{name} is woken");

        public void OnPassBegun() => test.course.Add($"{name} begins");

        public void OnPassEnded() => test.course.Add($"{name} ends");

        public void OnTurnFailed(Exception cause) => test.course.Add(cause.Message);
    }

    private sealed class Member(PulseCarrierTests test, string name, Action? turn) : IPulseMember
    {
        public void TakeTurn()
        {
            test.course.Add(name);
            turn?.Invoke();
        }
    }
}
