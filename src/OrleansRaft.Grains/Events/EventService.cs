using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace OrleansRaft.Grains.Events;

/// <inheritdoc cref="IEventService"/>
[Reentrant]
internal sealed class EventService(
    GrainId id, Silo silo, ILoggerFactory loggers, EventRecorder events) : GrainService(id, silo, loggers), IEventService
{
    /// <inheritdoc/>
    public Task<EventPage> ReadEventsAsync(EventQuery query) => Task.FromResult(events.Read(query));
}
