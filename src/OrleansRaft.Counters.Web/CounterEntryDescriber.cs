using OrleansRaft.Server.Groups;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Counters.Web;

/// <summary>Describes the commands in the logs of counters.</summary>
internal sealed class CounterEntryDescriber : IEntryDescriber
{
    private readonly CounterCommandCodec codec = new();

    /// <inheritdoc/>
    public string Describe(string key, ReadOnlyMemory<byte> command) => codec.Read(command) switch
    {
        IncrementCounter increment => $"increment {key} by {increment.By}{Condition(increment.Condition)}",
        SetCounter set => $"set {key} to {set.Value}{Condition(set.Condition)}",
        DeleteCounter delete => $"delete {key}{Condition(delete.Condition)}",
        var other => $"{other.GetType().Name} of {key}",
    };

    private static string Condition(CounterCondition condition) => condition.Kind switch
    {
        CounterConditionKind.Exists => ", if it exists",
        CounterConditionKind.Unchanged => $", if its tag is {EntityTag.Of(condition.Tag)}",
        _ => "",
    };
}
