using Orleans.Concurrency;
using Orleans.Services;

namespace OrleansRaft.Grains.Routing;

/// <summary>What a silo is told of commands that somebody traces, before they reach it.</summary>
[Alias("raft-trace-service")]
internal interface ITraceService : IGrainService
{
    /// <summary>These commands are traced.</summary>
    /// <param name="commands">What they are known by.</param>
    /// <param name="parents">The span of each, as the header <c>traceparent</c> (W3C Trace Context) writes it.</param>
    [Alias("note")]
    [OneWay]
    Task NoteAsync([Immutable] ulong[] commands, [Immutable] string[] parents);
}
