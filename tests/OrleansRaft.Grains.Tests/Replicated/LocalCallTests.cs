using OrleansRaft.ReplicatedGrains.Execution;

namespace OrleansRaft.Grains.Tests.Replicated;

public sealed class LocalCallTests
{
    private readonly GrainBench bench = GrainBench.Of<Account>();

    private IAccount Alice => bench.Grain<IAccount>("bank", "alice");

    private IAccount Bob => bench.Grain<IAccount>("bank", "bob");

    [Fact]
    public async Task Two_grains_of_a_partition_change_in_one_entry()
    {
        await Alice.Deposit(10);

        await Alice.Send("bob", 4);

        (await Alice.Balance()).ShouldBe(6);
        (await Bob.Balance()).ShouldBe(4);
        (await Alice.Total(["alice", "bob"])).ShouldBe(10);
    }

    /// <summary>The other grain was changed before the call threw.</summary>
    [Fact]
    public async Task A_call_that_throws_undoes_what_it_changed_in_other_grains()
    {
        await Alice.Deposit(3);

        await Should.ThrowAsync<OverdrawnException>(() => Alice.Send("bob", 4));

        (await Alice.Balance()).ShouldBe(3);
        (await Bob.Balance()).ShouldBe(0);
        bench.Warm.Machine.StateKeys.ShouldBe(1);
    }

    [Fact]
    public async Task A_call_within_that_throws_is_undone_though_its_exception_is_caught()
    {
        await Alice.Deposit(3);
        await Bob.Deposit(5);

        (await Alice.TrySend("bob", 2)).ShouldBeTrue();
        (await Alice.TrySend("bob", -3_000_000)).ShouldBeFalse();

        (await Bob.Balance()).ShouldBe(5 + 2 + 1_000_000);
        (await Alice.Balance()).ShouldBe(1);
    }

    [Fact]
    public async Task A_grain_may_call_itself_and_not_for_ever()
    {
        (await Alice.Deep(GrainLimits.DepthMax - 1)).ShouldBe(GrainLimits.DepthMax - 1);

        var refused = await Should.ThrowAsync<NotCommittedException>(() => Alice.Deep(1_000));

        refused.Reason.ShouldBe(RejectionReason.InvalidRequest);
        refused.Message.ShouldContain("32 deep");
    }

    [Fact]
    public async Task Partitions_are_apart_though_one_group_keeps_them()
    {
        await Alice.Deposit(1);
        await bench.Grain<IAccount>("other bank", "alice").Deposit(2);
        await bench.Grain<IAccount>("alice").Deposit(3);

        (await Alice.Balance()).ShouldBe(1);
        (await bench.Grain<IAccount>("other bank", "alice").Balance()).ShouldBe(2);
        (await bench.Grain<IAccount>("alice").Balance()).ShouldBe(3);
        (await bench.Grain<IAccount>("alice", "alice").Balance()).ShouldBe(3, "a key alone is its own partition");
    }

    [Fact]
    public async Task A_read_may_not_change_another_grain()
    {
        var ledger = GrainBench.Of<Meddler>();

        var refused = await Should.ThrowAsync<NotCommittedException>(() => ledger.Grain<IMeddler>("bank", "m").Peek());

        refused.Message.ShouldContain("A [ReadOnly] method called test.IMeddler.Poke");
        (await Should.ThrowAsync<InvalidOperationException>(() => ledger.Grain<IMeddler>("bank", "m").Stray())).ShouldNotBeNull();
        (await Should.ThrowAsync<InvalidOperationException>(() => ledger.Grain<IMeddler>("bank", "m").Hurry())).ShouldNotBeNull();
    }

    /// <summary>An object that two grains hold would be one as long as both are in memory, and two after a restart.</summary>
    [Fact]
    public async Task Grains_share_no_object()
    {
        var ledger = GrainBench.Of<Meddler>();

        await ledger.Grain<IMeddler>("bank", "m").Lend();

        (await ledger.Grain<IMeddler>("bank", "m").Words()).ShouldBe("mine");
        (await ledger.Grain<IMeddler>("bank", "other").Words()).ShouldBe("theirs");
    }
}

[Alias("test.IMeddler")]
public interface IMeddler : IReplicatedGrain
{
    [Orleans.Concurrency.ReadOnly, Alias("Peek")]
    Task Peek();

    [Alias("Poke")]
    Task<List<string>> Poke(List<string> words);

    [Alias("Stray")]
    Task Stray();

    [Alias("Hurry")]
    Task Hurry();

    [Alias("Lend")]
    Task Lend();

    [Orleans.Concurrency.ReadOnly, Alias("Words")]
    Task<string> Words();
}

[GenerateSerializer, Alias("test.MeddlerState")]
public sealed class MeddlerState
{
    [Id(0)]
    public List<string> Words { get; set; } = [];
}

[Alias("test.Meddler")]
public sealed class Meddler : ReplicatedGrain<MeddlerState>, IMeddler
{
    public async Task Peek() => await Local<IMeddler>("other").Poke([]);

    public Task<List<string>> Poke(List<string> words)
    {
        State.Words = words;
        return Task.FromResult(State.Words);
    }

    public Task Stray() => Local<IAccount>("other").Deposit(1);

    public Task Hurry() => Local<IMeddler>("other").With(TimeSpan.FromSeconds(1)).Lend();

    public async Task Lend()
    {
        State.Words = ["mine"];
        var theirs = await Local<IMeddler>("other").Poke(State.Words);
        theirs[0] = "changed";
        await Local<IMeddler>("other").Poke(["theirs"]);
    }

    public Task<string> Words() => Task.FromResult(string.Join(' ', State.Words));
}
