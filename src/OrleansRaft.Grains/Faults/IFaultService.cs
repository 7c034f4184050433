using Orleans.Services;

namespace OrleansRaft.Grains.Faults;

/// <summary>The faults of one silo.</summary>
[Alias("raft-fault-service")]
internal interface IFaultService : IGrainService
{
    /// <summary>Puts a fault in force here.</summary>
    /// <returns>False when faults are off here.</returns>
    [Alias("begin-fault")]
    Task<bool> BeginFaultAsync([Immutable] Fault fault);

    /// <summary>Takes a fault away here, if it is in force.</summary>
    [Alias("heal-fault")]
    Task HealFaultAsync(string fault);

    /// <summary>The faults in force here.</summary>
    [Alias("faults")]
    Task<FaultReport[]> ListFaultsAsync();
}
