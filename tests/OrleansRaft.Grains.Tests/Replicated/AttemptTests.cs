using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Tests.Replicated;

/// <summary>What a caller is told of what happens to the cluster, and how long it goes on trying.</summary>
public sealed class AttemptTests
{
    private static readonly Rejected<GrainAnswer> NoLeader = new(RejectionReason.NoLeader, null, TimeSpan.FromMilliseconds(200), "no leader");
    private static readonly Rejected<GrainAnswer> Reused = new(RejectionReason.RequestIdReused, null, TimeSpan.Zero, "another request");
    private static readonly Rejected<GrainAnswer> Skipped = new(RejectionReason.Skipped, null, TimeSpan.Zero, "skipped");
    private static readonly Unknown<GrainAnswer> Unknown = new("perhaps");

    private readonly HastyTime time = new();
    private readonly GrainBench bench;

    public AttemptTests() => bench = new GrainBench(
        static grains => grains.Add<Account>(), services => services.AddSingleton<TimeProvider>(time));

    private IAccount Alice => bench.Grain<IAccount>("alice");

    [Fact]
    public async Task A_call_that_was_not_committed_says_why()
    {
        bench.Scripted.Enqueue(NoLeader);

        var thrown = await Should.ThrowAsync<NotCommittedException>(() => Alice.Deposit(1));

        (thrown.Reason, thrown.RetryAfter).ShouldBe((RejectionReason.NoLeader, TimeSpan.FromMilliseconds(200)));
        thrown.Message.ShouldBe("test.IAccount.Deposit of 'alice': no leader");
    }

    [Fact]
    public async Task An_unknown_outcome_names_the_id_under_which_to_repeat()
    {
        bench.Scripted.Enqueue(Unknown);
        bench.Scripted.Enqueue(Unknown);

        (await Should.ThrowAsync<OutcomeUnknownException>(() => Alice.With("r-1").Deposit(1))).RequestId.ShouldBe("r-1");
        (await Should.ThrowAsync<OutcomeUnknownException>(() => Alice.Deposit(1))).RequestId.ShouldBeNull();
    }

    [Fact]
    public async Task A_result_that_the_caller_cannot_read_is_applied()
    {
        bench.Scripted.Enqueue(new Applied<GrainAnswer>(default, "of a newer program"));
        bench.Scripted.Enqueue(new Committed<GrainAnswer>(new GrainAnswer { Body = [255, 255] }, default, "bench-0"));

        (await Should.ThrowAsync<ResultUnreadableException>(() => Alice.Deposit(1))).Message.ShouldContain("newer program");
        (await Should.ThrowAsync<ResultUnreadableException>(() => Alice.Deposit(1))).Message.ShouldContain("test.IAccount.Deposit of 'alice' was "
            + "applied");
    }

    [Fact]
    public async Task With_a_timeout_a_call_is_tried_again_under_one_id_of_its_own()
    {
        bench.Scripted.Enqueue(NoLeader);
        bench.Scripted.Enqueue(Unknown);

        (await Alice.With(TimeSpan.FromSeconds(10)).Deposit(3)).ShouldBe(3);

        bench.RequestIds.Count.ShouldBe(3);
        bench.RequestIds.Distinct().ShouldHaveSingleItem().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task When_the_time_is_over_the_last_refusal_is_told()
    {
        for (var i = 0; i < 100; i++)
        {
            bench.Scripted.Enqueue(NoLeader);
        }

        var thrown = await Should.ThrowAsync<NotCommittedException>(() => Alice.With(TimeSpan.FromSeconds(2)).Deposit(3));

        thrown.Reason.ShouldBe(RejectionReason.NoLeader);
        bench.RequestIds.Count.ShouldBeInRange(5, 11);
    }

    /// <summary>An earlier attempt may have been applied; a refusal of a later one does not undo it.</summary>
    [Fact]
    public async Task After_an_unknown_outcome_a_refusal_leaves_it_unknown()
    {
        bench.Scripted.Enqueue(Unknown);
        bench.Scripted.Enqueue(Reused);

        var thrown = await Should.ThrowAsync<OutcomeUnknownException>(() => Alice.With(TimeSpan.FromSeconds(10)).Deposit(3));

        thrown.Message.ShouldContain("perhaps A further attempt was refused: another request");
    }

    /// <summary>A skip is of the entry, which is that of all attempts.</summary>
    [Fact]
    public async Task After_an_unknown_outcome_a_skip_is_definite()
    {
        bench.Scripted.Enqueue(Unknown);
        bench.Scripted.Enqueue(Skipped);

        (await Should.ThrowAsync<NotCommittedException>(() => Alice.With(TimeSpan.FromSeconds(10)).Deposit(3))).Reason
            .ShouldBe(RejectionReason.Skipped);
    }

    [Fact]
    public void A_timeout_is_bounded()
    {
        Should.Throw<ArgumentOutOfRangeException>(() => Alice.With(TimeSpan.Zero));
        Should.Throw<ArgumentOutOfRangeException>(() => Alice.With(ReplicatedGrainExtensions.TimeoutMax + TimeSpan.FromTicks(1)));
        Should.Throw<ArgumentException>(() => Alice.With(""));
    }

    /// <summary>A clock on which whoever waits has waited at once.</summary>
    private sealed class HastyTime : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Add(ref now, dueTime.Ticks);
            ThreadPool.QueueUserWorkItem(_ => callback(state));
            return new Done();
        }

        private sealed class Done : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
