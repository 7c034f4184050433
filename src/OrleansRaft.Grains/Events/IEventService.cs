using Orleans.Services;

namespace OrleansRaft.Grains.Events;

/// <summary>What happened on a silo.</summary>
[Alias("raft-event-service")]
internal interface IEventService : IGrainService
{
    /// <summary>What happened here since the asker asked last; asking keeps it coming.</summary>
    [Alias("events")]
    Task<EventPage> ReadEventsAsync([Immutable] EventQuery query);
}
