namespace OrleansRaft.Benchmarks.Failover;

/// <summary>A grain as Orleans has them: one activation, its state in PostgreSQL by AdoNet grain storage, written at each call.</summary>
[Alias("benchmark-failover-counter")]
public interface IFailoverCounter : IGrainWithStringKey
{
    /// <summary>Adds one, and writes it.</summary>
    [Alias("add")]
    Task<long> AddAsync();

    /// <summary>The silo that hosts it.</summary>
    [Alias("where")]
    Task<string> WhereAsync();
}

/// <summary>The state of a <see cref="FailoverCounter"/>.</summary>
[GenerateSerializer, Alias("benchmark-failover-state")]
public sealed class FailoverState
{
    [Id(0)]
    public long Value { get; set; }
}

/// <inheritdoc cref="IFailoverCounter"/>
public sealed class FailoverCounter([PersistentState("value", FailoverCounter.Storage)] IPersistentState<FailoverState> state, ILocalSiloDetails silo)
    : Grain, IFailoverCounter
{
    /// <summary>The name of its storage.</summary>
    public const string Storage = "plain";

    /// <inheritdoc/>
    public async Task<long> AddAsync()
    {
        state.State.Value++;
        await state.WriteStateAsync();
        return state.State.Value;
    }

    /// <inheritdoc/>
    public Task<string> WhereAsync() => Task.FromResult(silo.Name);
}
