namespace OrleansRaft.Grains.Events;

/// <summary>One silo asks another for its events; asking keeps them coming for a while.</summary>
/// <param name="Watcher">Who asks.</param>
/// <param name="Focus">The groups of which it wants messages.</param>
/// <param name="After">The number of the last event that it has from this silo; negative for none.</param>
[GenerateSerializer, Immutable, Alias("raft-event-query")]
internal sealed record EventQuery([property: Id(0)] Guid Watcher, [property: Id(1)] string[] Focus, [property: Id(2)] long After);

/// <summary>A silo's events after a number.</summary>
/// <param name="Last">The number of the last event of the page: where the next one begins.</param>
/// <param name="HasGap">Whether events were dropped since the asker's last one.</param>
/// <param name="Events">The events, in order.</param>
[GenerateSerializer, Immutable, Alias("raft-event-page")]
internal sealed record EventPage([property: Id(0)] long Last, [property: Id(1)] bool HasGap, [property: Id(2)] SeenEvent[] Events);
