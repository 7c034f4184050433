using Orleans.Concurrency;

namespace OrleansRaft.Grains.Tests.Replicated;

/// <summary>
/// Reads of states that are objects, which no read may spoil. The bench compares each answer with that of a replica that has bytes only.
/// </summary>
public sealed class ReadTests
{
    private readonly GrainBench bench = GrainBench.Of<Jar>();

    private IJar Own => bench.Grain<IJar>("own");

    [Fact]
    public async Task A_state_that_was_read_stays_an_object()
    {
        await Own.Fill(3);
        await bench.Grain<IJar>("other").Fill(1);
        bench.Cold.Machine.WarmStateCount.ShouldBe(1, "it was made anew, and has written one state since");

        (await Own.Count()).ShouldBe(3);
        bench.Cold.Machine.WarmStateCount.ShouldBe(2);

        (await bench.Grain<IJar>("never").Count()).ShouldBe(0);
        bench.Cold.Machine.WarmStateCount.ShouldBe(2, "a key without a state is not kept");
        (await Own.Count()).ShouldBe(3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_that_changes_its_state_spoils_nothing_whether_it_is_refused_or_throws(bool throws)
    {
        await Own.Fill(3);
        await Own.Count();

        if (throws)
        {
            await Should.ThrowAsync<ArgumentException>(() => Own.Spoil(throws: true));
        }
        else
        {
            (await Should.ThrowAsync<NotCommittedException>(() => Own.Spoil(throws: false))).Reason.ShouldBe(RejectionReason.InvalidRequest);
        }

        (await Own.Count()).ShouldBe(3);
        (await Own.Fill(1)).ShouldBe(4);
    }

    [Fact]
    public async Task A_read_within_a_read_of_one_key_has_an_object_of_its_own()
    {
        await Own.Fill(3);

        (await Own.CountBeside()).ShouldBe(3);
        (await Own.Count()).ShouldBe(3);
    }

    /// <summary>What the entry has changed so far is what it sees, and what nobody sees later, since all of it is undone.</summary>
    [Fact]
    public async Task A_read_within_a_call_that_is_undone_leaves_nothing_behind()
    {
        await Own.Fill(3);

        (await Should.ThrowAsync<JarException>(() => Own.FillLookAndThrow(5))).Seen.ShouldBe(8);

        (await Own.Count()).ShouldBe(3);
        (await Own.Fill(1)).ShouldBe(4);
    }

    [Fact]
    public async Task A_call_without_arguments_is_read_once_and_known_from_then_on_by_its_bytes()
    {
        await Own.Fill(3);
        for (var i = 0; i < 3; i++)
        {
            (await Own.Count()).ShouldBe(3);
            (await Own.CountTwice()).ShouldBe(6);
            (await bench.Grain<IJar>("other").Count()).ShouldBe(0);
        }
    }
}

[Alias("test.IJar")]
public interface IJar : IReplicatedGrain
{
    [Alias("Fill")]
    Task<int> Fill(int balls);

    [Alias("FillLookAndThrow")]
    Task FillLookAndThrow(int balls);

    [Alias("Count"), ReadOnly]
    ValueTask<int> Count();

    [Alias("CountTwice"), ReadOnly]
    Task<int> CountTwice();

    [Alias("CountBeside"), ReadOnly]
    Task<int> CountBeside();

    [Alias("Spoil"), ReadOnly]
    Task Spoil(bool throws);
}

[GenerateSerializer, Alias("test.JarState")]
public sealed class JarState
{
    [Id(0)]
    public List<int> Balls { get; set; } = [];
}

[GenerateSerializer, Alias("test.JarException")]
public sealed class JarException(int seen) : Exception($"{seen} were seen")
{
    [Id(0)]
    public int Seen { get; private set; } = seen;
}

[Alias("test.Jar")]
public sealed class Jar : ReplicatedGrain<JarState>, IJar
{
    public Task<int> Fill(int balls)
    {
        State.Balls.Add(balls);
        return Task.FromResult(State.Balls.Sum());
    }

    public async Task FillLookAndThrow(int balls)
    {
        State.Balls.Add(balls);
        throw new JarException(await Local<IJar>(Key).Count());
    }

    public ValueTask<int> Count() => new(State.Balls.Sum());

    public Task<int> CountTwice() => Task.FromResult(2 * State.Balls.Sum());

    public async Task<int> CountBeside()
    {
        var mine = State.Balls;
        var inner = await Local<IJar>(Key).Count();
        return mine.Sum() == inner ? inner : -1;
    }

    public Task Spoil(bool throws)
    {
        State.Balls.Add(1_000);
        return throws ? throw new ArgumentException("spoiled") : Task.CompletedTask;
    }
}

[Alias("test.IBook")]
public interface IBook : IReplicatedGrain
{
    [Alias("Add")]
    Task<int> Add();

    [Alias("Read"), ReadOnly]
    Task<List<string>> Read();
}

[GenerateSerializer, Alias("test.BookState")]
public sealed class BookState
{
    [Id(0)]
    public List<string> Lines { get; set; } = [];
}

[Alias("test.Book")]
public sealed class Book : ReplicatedGrain<BookState>, IBook
{
    private const string Line = "deposit";

    public Task<int> Add()
    {
        State.Lines.Add(Line);
        return Task.FromResult(State.Lines.Count);
    }

    public Task<List<string>> Read() => Task.FromResult<List<string>>([.. State.Lines, Line]);
}
