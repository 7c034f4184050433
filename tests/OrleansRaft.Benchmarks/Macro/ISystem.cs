using OrleansRaft.Benchmarks.Load;

namespace OrleansRaft.Benchmarks.Macro;

/// <summary>Something that is measured: what runs it, and what it can do.</summary>
internal interface ISystem : IAsyncDisposable
{
    /// <summary>Its name in figures.</summary>
    string Name { get; }

    /// <summary>What it can do.</summary>
    IReadOnlyList<Scenario> Scenarios { get; }

    /// <summary>Compares what was acknowledged with what is stored at the end.</summary>
    /// <returns>What does not add up, in sentences.</returns>
    Task<IReadOnlyList<string>> VerifyAsync();
}

/// <summary>One operation of one system.</summary>
/// <param name="System">The system's name.</param>
/// <param name="Operation">What is done.</param>
/// <param name="Keys">On how many keys.</param>
/// <param name="RunAsync">Does it with so many connections, for so long.</param>
internal sealed record Scenario(string System, string Operation, int Keys, Func<int, LoadTimes, Task<LoadResult>> RunAsync)
{
    public string Name => $"{System}: {Operation}, {(Keys == 1 ? "one key" : $"{Keys:N0} keys")}";
}

/// <summary>Adds up what a system acknowledged, to be compared with what it holds.</summary>
internal sealed class Tally
{
    private readonly Lock gate = new();
    private long acknowledged;
    private long open;

    public LoadResult Add(LoadResult result)
    {
        lock (gate)
        {
            acknowledged += result.Acknowledged;
            open += result.Open;
        }

        return result;
    }

    /// <summary>Whether a sum can be the outcome.</summary>
    /// <returns>What does not add up; null when it does.</returns>
    public string? Check(string what, long sum) => sum >= acknowledged && sum <= acknowledged + open
        ? null
        : $"{what} add up to {sum}, although {acknowledged} increments were acknowledged and {open} left open";
}
