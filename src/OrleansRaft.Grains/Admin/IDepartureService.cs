using Orleans.Services;

namespace OrleansRaft.Grains.Admin;

/// <summary>What a silo is told when one leaves for good.</summary>
[Alias("raft-departure-service")]
internal interface IDepartureService : IGrainService
{
    /// <summary>This silo stops, in order.</summary>
    [Alias("leave")]
    Task LeaveAsync();

    /// <summary>A silo that is about to stop does not come back: what it hosts is taken over at once.</summary>
    [Alias("dismiss")]
    Task DismissAsync(SiloAddress silo);
}
