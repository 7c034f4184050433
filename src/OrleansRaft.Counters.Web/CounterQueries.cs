namespace OrleansRaft.Counters.Web;

/// <summary>Queries that are always the same.</summary>
internal static class CounterQueries
{
    public static readonly GetCounter Get = new();
}
