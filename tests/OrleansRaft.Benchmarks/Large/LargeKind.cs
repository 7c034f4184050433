using OrleansRaft.Benchmarks.Replicated;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>What a group keeps many of.</summary>
/// <param name="Name">One of them, in a word or two.</param>
/// <param name="Set">The set of groups that keeps them.</param>
/// <param name="WriteAsync">Writes to one, by its name; makes it where there is none. Throws where that fails.</param>
internal sealed record LargeKind(string Name, string Set, Func<IGrainFactory, string, Task> WriteAsync)
{
    private const int StateBytes = 100;
    private static readonly IncrementCounter One = new(1);

    /// <summary>Counters: a state machine of its own.</summary>
    public static LargeKind Counters { get; } = new("counter", CounterMachine.SetName, IncrementAsync) { BytesMax = 120, LongestMax = 50 };

    /// <summary>Replicated grains with a state of 100 bytes.</summary>
    public static LargeKind Grains { get; } = new("replicated grain", Filler.Set, FillAsync)
    {
        BytesMax = 400,
        CountsNames = true,
        LongestMax = 100,
        Settings = [$"{Filler.Set}=true"],
    };

    /// <summary>The most that one should take on a replica, in bytes.</summary>
    public required double BytesMax { get; init; }

    /// <summary>Whether their names are in that.</summary>
    public bool CountsNames { get; init; }

    /// <summary>For how long a write may wait, in milliseconds.</summary>
    public required double LongestMax { get; init; }

    /// <summary>Of the silos' configuration, as KEY=VALUE.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    private static async Task IncrementAsync(IGrainFactory grains, string name)
    {
        var outcome = await grains.GetRaftGroup<CounterCommand, CounterResult>(CounterMachine.SetName, name).SubmitAsync(One);
        if (outcome is not Committed<CounterResult>)
        {
            throw new InvalidOperationException(outcome.ToString());
        }
    }

    private static Task FillAsync(IGrainFactory grains, string name) =>
        grains.GetReplicatedGrain<IFiller>(name).Fill(new byte[StateBytes - GrainStates.Overhead]);
}
