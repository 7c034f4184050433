using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.ReplicatedGrains.Execution;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Tests.Replicated;

public sealed class CallTests
{
    private readonly GrainBench bench = GrainBench.Of<Account>();

    private IAccount Alice => bench.Grain<IAccount>("alice");

    [Fact]
    public async Task A_call_changes_the_state_of_its_key_and_a_read_sees_it()
    {
        (await Alice.Deposit(10)).ShouldBe(10);
        (await Alice.Deposit(5)).ShouldBe(15);

        (await Alice.Balance()).ShouldBe(15);
        (await bench.Grain<IAccount>("bob").Balance()).ShouldBe(0);
        bench.Warm.Machine.StateKeys.ShouldBe(1, "a key that was only read is none");
    }

    [Fact]
    public async Task A_small_call_takes_less_than_a_hundred_bytes_of_the_log()
    {
        await Alice.Deposit(10);

        bench.CommandBytes.ShouldBeLessThan(100);
    }

    [Fact]
    public async Task An_exception_of_the_application_reaches_the_caller_with_its_members_and_the_state_is_as_before()
    {
        await Alice.Deposit(10);

        var thrown = await Should.ThrowAsync<OverdrawnException>(() => Alice.Withdraw(12));

        thrown.Message.ShouldBe("alice lacks money");
        thrown.Missing.ShouldBe(2);
        (await Alice.Balance()).ShouldBe(10);
    }

    [Fact]
    public async Task An_exception_is_remembered_with_its_request_id()
    {
        await Should.ThrowAsync<OverdrawnException>(() => Alice.With("w-1").Withdraw(12));
        await Alice.Deposit(100);

        (await Should.ThrowAsync<OverdrawnException>(() => Alice.With("w-1").Withdraw(12))).Missing.ShouldBe(12);
        (await Alice.With("w-2").Withdraw(12)).ShouldBe(88);
    }

    [Fact]
    public async Task A_call_under_a_request_id_is_applied_once()
    {
        (await Alice.With("d-1").Deposit(10)).ShouldBe(10);
        await Alice.Deposit(1);

        (await Alice.With("d-1").Deposit(10)).ShouldBe(10);
        (await Alice.Balance()).ShouldBe(11);
    }

    [Fact]
    public async Task A_request_id_of_another_call_is_refused()
    {
        await Alice.With("d-1").Deposit(10);

        (await Should.ThrowAsync<NotCommittedException>(() => Alice.With("d-1").Deposit(11))).Reason.ShouldBe(RejectionReason.RequestIdReused);
        (await Should.ThrowAsync<NotCommittedException>(() => Alice.With("d-1").Withdraw(10))).Reason.ShouldBe(RejectionReason.RequestIdReused);
        (await Should.ThrowAsync<NotCommittedException>(() => bench.Grain<IAccount>("alice", "bob").With("d-1").Deposit(10))).Reason
            .ShouldBe(RejectionReason.RequestIdReused);
    }

    /// <summary>Messages of the framework differ with its version and culture, so replicas would not agree on them.</summary>
    [Fact]
    public async Task Of_an_exception_of_the_framework_the_type_alone_reaches_the_caller()
    {
        var thrown = await Should.ThrowAsync<KeyNotFoundException>(() => Alice.Throw("missing"));

        thrown.Message.ShouldBe("test.IAccount.Throw of 'alice' threw System.Collections.Generic.KeyNotFoundException. The call changed nothing.");
        (await Alice.Balance()).ShouldBe(0);
    }

    [Fact]
    public async Task Of_an_exception_without_a_serializer_the_type_reaches_the_caller()
    {
        var thrown = await Should.ThrowAsync<Exception>(() => Alice.Throw("untold"));

        thrown.GetType().Name.ShouldBe(nameof(UntoldException));
        thrown.Message.ShouldNotContain("never seen");
    }

    [Fact]
    public void Nothing_of_the_stack_or_the_result_code_is_in_what_is_replicated()
    {
        var exceptions = bench.Tools.Exceptions;
        var plain = new OverdrawnException("no", 1);
        Exception thrown;
        try
        {
            throw new OverdrawnException("no", 1) { HResult = 77, Source = "here", Data = { ["a"] = "b" } };
        }
        catch (OverdrawnException exception)
        {
            thrown = exception;
        }

        exceptions.Write(thrown).ShouldBe(exceptions.Write(plain));
    }

    /// <summary>What the surroundings throw need not be thrown on another replica: it must not become a result.</summary>
    [Theory]
    [InlineData("memory")]
    [InlineData("file")]
    [InlineData("nested")]
    public async Task What_the_surroundings_throw_is_a_fault_of_the_replica(string kind)
    {
        var halted = await Should.ThrowAsync<MachineException>(() => Alice.Throw(kind));

        halted.Message.ShouldStartWith("Apply threw");
        halted.Message.ShouldContain("test.IAccount.Throw of 'alice' met ");
    }

    [Fact]
    public async Task A_method_that_has_not_completed_when_it_returns_halts_the_replica_with_a_sentence()
    {
        var halted = await Should.ThrowAsync<MachineException>(() => Alice.Wait());

        halted.Message.ShouldContain("test.IAccount.Wait of 'alice' had not completed when it returned");
        halted.Message.ShouldContain("Local()");
    }

    [Fact]
    public async Task A_read_that_changes_its_state_is_refused_and_nothing_is_kept()
    {
        var refused = await Should.ThrowAsync<NotCommittedException>(() => Alice.Sneak());

        refused.Message.ShouldContain("is [ReadOnly], and changed the state of 'alice'");
        (await Alice.Balance()).ShouldBe(0);
    }

    [Fact]
    public async Task Only_a_read_has_a_consistency()
    {
        await Should.ThrowAsync<InvalidOperationException>(() => Alice.With(ReadConsistency.Stale).Deposit(1));
        await Alice.With(ReadConsistency.Stale).Balance();
        await Alice.Balance();

        bench.Reads.ShouldBe([ReadConsistency.Stale, ReadConsistency.Linearizable]);
        bench.RequestIds.ShouldBeEmpty("nothing was sent");
        Should.Throw<ArgumentOutOfRangeException>(() => Alice.With((ReadConsistency)9));
    }

    [Fact]
    public async Task Arguments_and_state_share_nothing_with_the_caller()
    {
        List<string> texts = ["one"];

        (await Alice.Note(texts)).ShouldBe(2);

        texts.ShouldBe(["one"]);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_is_refused_and_the_state_is_as_before()
    {
        (await Alice.Answer(1_000_000)).Length.ShouldBe(1_000_000);

        var refused = await Should.ThrowAsync<NotCommittedException>(() => Alice.Answer(2_000_000));

        refused.Reason.ShouldBe(RejectionReason.TooLarge);
        refused.Message.ShouldContain("test.IAccount.Large of 'alice'");
        (await Alice.Balance()).ShouldBe(1);
    }

    [Fact]
    public async Task A_result_without_a_serializer_is_refused_and_the_state_is_as_before()
    {
        (await Alice.AnswerAnything(isKnown: true)).ShouldBe("text");

        var refused = await Should.ThrowAsync<NotCommittedException>(() => Alice.AnswerAnything(isKnown: false).AsTask());

        refused.Message.ShouldContain("result of test.IAccount.Whole of 'alice' cannot be serialized");
        (await Alice.Balance()).ShouldBe(1);
    }

    [Fact]
    public async Task A_state_that_is_too_large_is_refused()
    {
        var refused = await Should.ThrowAsync<NotCommittedException>(() => Alice.Fill(GrainLimits.StateBytesMax));

        refused.Reason.ShouldBe(RejectionReason.TooLarge);
        refused.Message.ShouldContain("divide it among several keys");
        bench.Warm.Machine.StateKeys.ShouldBe(0);
    }

    /// <summary>An operator's limit lets everything go on but what makes the state grow.</summary>
    [Fact]
    public async Task A_group_that_is_full_refuses_what_makes_it_grow_and_serves_and_forgets_what_is_there()
    {
        var bob = bench.Grain<IAccount>("bob");
        await Alice.Fill(1_000);
        bench.Limit(bench.Warm.Machine.StateBytes + 10);

        var refused = await Should.ThrowAsync<NotCommittedException>(() => Alice.Fill(1_100));
        var newcomer = await Should.ThrowAsync<NotCommittedException>(() => bob.Fill(100));

        refused.Reason.ShouldBe(RejectionReason.TooLarge);
        refused.Message.ShouldContain("Raft:StateBytesMax");
        newcomer.Reason.ShouldBe(RejectionReason.TooLarge);
        bench.Warm.Machine.StateKeys.ShouldBe(1, "nothing was done by halves");
        (await Alice.Balance()).ShouldBe(0);
        await Alice.Fill(900);
        await bob.Fill(1);
        await Alice.Close();
        await bob.Fill(500);
    }

    [Fact]
    public async Task A_grain_sees_no_cancellation_and_a_token_that_is_cancelled_lets_nothing_be_sent()
    {
        using var source = new CancellationTokenSource();
        (await Alice.SeesCancellation(source.Token)).ShouldBeFalse();
        (await Alice.With(source.Token).Deposit(1)).ShouldBe(1);
        await source.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => Alice.SeesCancellation(source.Token));
        await Should.ThrowAsync<OperationCanceledException>(() => Alice.With(source.Token).Deposit(1));
        (await Alice.Balance()).ShouldBe(1);
    }

    [Fact]
    public async Task The_context_is_the_same_on_every_replica_and_another_in_each_entry()
    {
        var diary = GrainBench.Of<Diary>();
        var grain = diary.Grain<IDiary>("d");

        var first = await grain.With("r-1").Tell();
        diary.Pass(TimeSpan.FromMinutes(1));
        var second = await grain.Tell();

        first.RequestId.ShouldBe("r-1");
        (second.Time - first.Time).ShouldBeInRange(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1.1));
        second.Time.Offset.ShouldBe(TimeSpan.Zero);
        second.Index.ShouldBe(first.Index + 1);
        first.Version.ShouldBe(1);
        first.Numbers.Concat(second.Numbers).Distinct().Count().ShouldBe(4);
        first.Ids.Concat(second.Ids).Distinct().Count().ShouldBe(4);
        first.Ids.ShouldAllBe(static id => id.Version == 4);
    }

    /// <summary>Whether an entry has a stamp is part of it, so replicas agree on that, too.</summary>
    [Fact]
    public async Task Time_is_the_leaders_stamp_where_entries_have_one_and_goes_on_from_the_groups_own()
    {
        var diary = GrainBench.Of<Diary>();
        var grain = diary.Grain<IDiary>("d");
        var former = await grain.Tell();
        former.Time.ShouldBe(DateTimeOffset.UnixEpoch + former.Elapsed, "the cluster works at feature level 1");
        var noon = new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

        diary.Utc = UtcTimes.Of(noon);
        var stamped = await grain.Tell();
        diary.Pass(TimeSpan.FromMinutes(1));
        var next = await grain.Tell();

        stamped.Time.ShouldBe(noon);
        next.Time.ShouldBe(noon, "the leader's clock stands still");
        (next.Elapsed - stamped.Elapsed).ShouldBeInRange(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1.1));
        (await grain.Now()).ShouldBe(noon, "a read sees what the last entry says");
    }

    /// <summary>The same for ever: logs are applied anew by later programs.</summary>
    [Fact]
    public void Random_numbers_of_an_entry_are_these()
    {
        var context = new ReplicatedCallContext(new EntryId(new Term(3), new LogIndex(7)), null, default, 1, default);
        var again = new ReplicatedCallContext(new EntryId(new Term(3), new LogIndex(7)), null, default, 1, default);

        int[] numbers = [context.Random.Next(1_000), context.Random.Next(-5, 5), context.Random.Next()];

        numbers.ShouldBe([again.Random.Next(1_000), again.Random.Next(-5, 5), again.Random.Next()]);
        numbers[1].ShouldBeInRange(-5, 4);
        Enumerable.Range(0, 1_000).Select(_ => context.Random.Next(3)).Distinct().Order().ShouldBe([0, 1, 2]);
        context.Random.NextDouble().ShouldBeInRange(0, 1);
    }

    [Fact]
    public async Task A_service_is_constructed_and_a_grain_of_another_class_is_called_in_the_same_entry()
    {
        var office = new GrainBench(
            static grains => grains.Add<Clerk>().Add<Account>(), static services => services.AddSingleton<Stamp>());

        (await office.Grain<IClerk>("bank", "clerk").Sign("paper")).ShouldBe("[paper]");

        (await office.Grain<IAccount>("bank", "fees").Balance()).ShouldBe(1);
        (await office.Grain<IAccount>("elsewhere", "fees").Balance()).ShouldBe(0);
    }

    [Fact]
    public async Task A_service_that_is_missing_halts_the_replica_with_a_sentence()
    {
        var office = new GrainBench(static grains => grains.Add<Clerk>().Add<Account>());

        var halted = await Should.ThrowAsync<MachineException>(() => office.Grain<IClerk>("bank", "clerk").Sign("paper"));

        halted.Message.ShouldContain($"{typeof(Clerk).FullName} cannot be made");
        halted.Message.ShouldContain("register with the services of every silo");
    }
}
