using OrleansRaft.ReplicatedGrains.Execution;

namespace OrleansRaft.Grains.Tests.Replicated;

public sealed class StateTests
{
    [Fact]
    public async Task Only_so_many_states_stay_objects()
    {
        var bench = GrainBench.Of<Jar>();

        for (var i = 0; i < 3 * GrainMachine.WarmMax; i += 40)
        {
            await bench.Grain<IJar>($"a{i}").Fill(i);
        }

        var machine = new GrainMachine(bench.Bound);
        machine.WarmStateCount.ShouldBe(0);
        bench.Warm.Machine.WarmStateCount.ShouldBeInRange(1, GrainMachine.WarmMax);
        bench.Cold.Machine.WarmStateCount.ShouldBeInRange(0, 1);
    }

    [Fact]
    public void The_bound_on_objects_holds()
    {
        var grainClass = GrainClass.Of(typeof(Account));
        var warm = new WarmStates(100);

        for (var i = 0; i < 1_000; i++)
        {
            warm.Put(new StateKey(grainClass, "p", $"{i}"), new AccountState());
            warm.Count.ShouldBeLessThanOrEqualTo(100);
        }

        var last = warm.Find(new StateKey(grainClass, "p", "999")).ShouldNotBeNull();
        last.Take().ShouldNotBeNull();
        last.Take().ShouldBeNull("what is taken is not kept");
        warm.Find(new StateKey(grainClass, "p", "1")).ShouldBeNull();
    }

    /// <summary>
    /// After a removal, a dictionary that is still an object puts the next item into the gap; one that was read from its bytes has none.
    /// </summary>
    [Fact]
    public async Task A_replica_that_has_the_state_in_memory_and_one_that_reads_it_do_the_same_with_a_dictionary()
    {
        var bench = GrainBench.Of<Diary>();
        var diary = bench.Grain<IDiary>("d");
        foreach (var word in (string[])["a", "b", "c"])
        {
            await diary.Add(word);
        }

        await diary.Drop("a");

        (await diary.Add("d")).ShouldBe("b,c,d");
        PlainStates.IsPlain(typeof(DiaryState)).ShouldBeFalse();
        PlainStates.IsPlain(typeof(AccountState)).ShouldBeTrue();
        PlainStates.IsPlain(typeof(OpenState)).ShouldBeFalse();
        PlainStates.IsPlain(typeof(ForgetfulState)).ShouldBeFalse();
    }

    /// <summary>
    /// A literal is one object in the state of a replica that has made all calls, and was written as a reference where it stood a second time; a
    /// replica that had read the state from its bytes wrote it twice.
    /// </summary>
    [Fact]
    public async Task A_text_that_the_program_uses_again_is_written_alike_by_a_replica_that_has_the_state_in_memory()
    {
        var bench = GrainBench.Of<Book>();
        var book = bench.Grain<IBook>("b");

        for (var line = 1; line <= 3; line++)
        {
            (await book.Add()).ShouldBe(line);
            (await book.Read()).Count.ShouldBe(line + 1, "and the answer holds it once more");
        }

        StateTexts.Of(typeof(BookState)).ShouldBeNull();
        StateTexts.Of(typeof(AccountState)).ShouldBeNull();
        StateTexts.Of(typeof(JarState)).ShouldNotBeNull();
    }

    /// <summary>
    /// What was read with a state is nobody else's. A text of the program is, so that a state which holds one is read again: it would be one object
    /// with the text that stands there a second time.
    /// </summary>
    [Fact]
    public async Task A_state_with_texts_stays_an_object_until_a_call_gives_it_another_text()
    {
        var bench = GrainBench.Of<Label>();
        var label = bench.Grain<ILabel>("l");

        await label.Print(isSecond: false);
        bench.Cold.Machine.WarmStateCount.ShouldBe(0, "it holds a text of the program");
        (await label.Stick()).ShouldBe(1);
        bench.Cold.Machine.WarmStateCount.ShouldBe(1);
        (await label.Stick()).ShouldBe(2);

        await label.Print(isSecond: true);
        bench.Cold.Machine.WarmStateCount.ShouldBe(0);
        (await label.Stick()).ShouldBe(3);
        await label.Swap();
        bench.Cold.Machine.WarmStateCount.ShouldBe(0);
        (await Should.ThrowAsync<ArgumentException>(() => label.StickAndThrow())).ShouldNotBeNull();
        (await label.Stick()).ShouldBe(4);
        bench.Cold.Machine.WarmStateCount.ShouldBe(1);
        await label.Peel();
        (await label.Stick()).ShouldBe(1);
    }

    [Fact]
    public async Task A_state_that_is_cleared_is_gone()
    {
        var bench = GrainBench.Of<Account>();
        await bench.Grain<IAccount>("alice").Deposit(10);

        await bench.Grain<IAccount>("alice").Close();

        bench.Warm.Machine.StateKeys.ShouldBe(0);
        (await bench.Grain<IAccount>("alice").Balance()).ShouldBe(0);
        (await bench.Grain<IAccount>("alice").Deposit(1)).ShouldBe(1);
    }

    [Fact]
    public async Task A_later_program_opens_old_snapshots_and_both_programs_do_the_same_until_the_version_is_raised()
    {
        var before = GrainBench.Of<OldShop>("test.Shop");
        await before.Grain<IShop>("s").Buy(3);

        var after = GrainBench.Of<NewShop>("test.Shop").RestoredFrom(before);
        var shop = after.Grain<IShop>("s");

        (await shop.Look()).ShouldBe(3);
        (await shop.Buy(1)).ShouldBe(4, "at version 1 it does what it always did");
        (await Should.ThrowAsync<NotCommittedException>(() => shop.Return(1))).Reason.ShouldBe(RejectionReason.VersionNotRaised);
        (await Should.ThrowAsync<NotCommittedException>(() => shop.Buy(1, discount: 5))).Reason.ShouldBe(RejectionReason.VersionNotRaised);
        after.Raise(2);
        (await shop.Buy(1, discount: 5)).ShouldBe(9);
        (await shop.Return(2)).ShouldBe(2);
        (await shop.Look()).ShouldBe(7);
    }

    /// <summary>A silo that goes back reads what the newer program wrote, as long as the version was not raised.</summary>
    [Fact]
    public async Task The_earlier_program_opens_what_the_later_one_wrote_at_the_version_in_force()
    {
        var after = GrainBench.Of<NewShop>("test.Shop");
        await after.Grain<IShop>("s").Buy(3);

        var before = GrainBench.Of<OldShop>("test.Shop").RestoredFrom(after);

        (await before.Grain<IShop>("s").Buy(1)).ShouldBe(4);
    }

    /// <summary>Otherwise two replicas of one program would differ by which program had written a state first.</summary>
    [Fact]
    public async Task States_that_another_program_wrote_are_written_anew()
    {
        var before = GrainBench.Of<OldShop>("test.Shop");
        await before.Grain<IShop>("s").Buy(3);
        var fresh = GrainBench.Of<NewShop>("test.Shop");
        await fresh.Grain<IShop>("s").Buy(3);

        var after = GrainBench.Of<NewShop>("test.Shop").RestoredFrom(before);

        after.Warm.Machine.StateDigest.ShouldBe(fresh.Warm.Machine.StateDigest);
        after.Warm.Machine.StateDigest.ShouldNotBe(before.Warm.Machine.StateDigest);
    }

    [Fact]
    public async Task A_member_of_a_later_version_is_not_set_before()
    {
        var bench = new GrainBench(static grains => grains.Add<Hasty>());

        var refused = await Should.ThrowAsync<NotCommittedException>(() => bench.Grain<IHasty>("h").Go());

        refused.Reason.ShouldBe(RejectionReason.VersionNotRaised);
        refused.Message.ShouldContain("test.Hasty 'h'");
        bench.Raise(2);
        await bench.Grain<IHasty>("h").Go();
    }

    /// <summary>A repetition by a newer program, whose method has a parameter more, is the same request.</summary>
    [Fact]
    public async Task A_parameter_of_a_later_version_that_has_its_default_is_no_part_of_the_identity()
    {
        var bench = GrainBench.Of<NewShop>("test.Shop");
        (await bench.Grain<IShop>("s").With("r").Buy(3)).ShouldBe(3);

        (await bench.Grain<IShop>("s").With("r").Buy(3, discount: 0)).ShouldBe(3);
        (await bench.Grain<IShop>("s").Look()).ShouldBe(3);
    }

    [Fact]
    public async Task What_is_not_deterministic_is_found_where_calls_are_verified()
    {
        var (rolling, keeping) = (Verified(), Verified());

        await rolling.Grain<IDice>("d").Count();
        var answers = await Should.ThrowAsync<MachineException>(() => rolling.Grain<IDice>("d").Roll());
        var keeps = await Should.ThrowAsync<MachineException>(() => keeping.Grain<IDice>("e").Keep());

        static GrainBench Verified() => new(static grains => grains.Add<Dice>().VerifyCalls());

        answers.Message.ShouldContain("test.IDice.Roll of 'd' was made twice on the same state, and answered otherwise");
        keeps.Message.ShouldContain("left another state the second time");
    }

    [Fact]
    public async Task A_snapshot_of_another_form_or_a_damaged_one_is_refused()
    {
        var bench = GrainBench.Of<Account>();
        await bench.Grain<IAccount>("alice").Deposit(10);
        var machine = new GrainMachine(bench.Bound);

        Should.Throw<CorruptDataException>(() => machine.Restore(new MemoryStream([9, 1, 2])))
            .Message.ShouldContain("version 9; this program reads version 1");
        machine.Restore(new MemoryStream([]));
        machine.StateKeys.ShouldBe(0);
    }
}

[GenerateSerializer]
public class OpenState
{
    [Id(0)]
    public int Number { get; set; }
}

[GenerateSerializer]
public sealed class ForgetfulState
{
    [Id(0)]
    public int Number { get; set; }

    [field: NonSerialized]
    public int Forgotten { get; set; }
}

[Alias("test.IHasty")]
public interface IHasty : IReplicatedGrain
{
    [Alias("Go")]
    Task Go();
}

[Alias("test.Hasty")]
public sealed class Hasty : ReplicatedGrain<NewShopState>, IHasty
{
    public Task Go()
    {
        State.Returned = 1;
        return Task.CompletedTask;
    }
}

[Alias("test.IDice")]
public interface IDice : IReplicatedGrain
{
    [Alias("Count")]
    Task<int> Count();

    [Alias("Roll")]
    Task<Guid> Roll();

    [Alias("Keep")]
    Task Keep();
}

[GenerateSerializer, Alias("test.DiceState")]
public sealed class DiceState
{
    [Id(0)]
    public Guid Last { get; set; }

    [Id(1)]
    public int Rolls { get; set; }
}

/// <summary>Uses what it must not.</summary>
[Alias("test.Dice")]
public sealed class Dice : ReplicatedGrain<DiceState>, IDice
{
    public Task<int> Count() => Task.FromResult(++State.Rolls);

    public Task<Guid> Roll() => Task.FromResult(Guid.NewGuid());

    public Task Keep()
    {
        State.Last = Guid.NewGuid();
        return Task.CompletedTask;
    }
}
