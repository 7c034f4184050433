using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace OrleansRaft.Grains.Faults;

/// <inheritdoc cref="IFaultService"/>
[Reentrant]
internal sealed class FaultService(GrainId id, Silo silo, ILoggerFactory loggers, FaultTable faults) : GrainService(id, silo, loggers), IFaultService
{
    /// <inheritdoc/>
    public Task<bool> BeginFaultAsync(Fault fault)
    {
        if (faults.IsEnabled)
        {
            faults.Begin(fault, isAskedHere: false);
        }

        return Task.FromResult(faults.IsEnabled);
    }

    /// <inheritdoc/>
    public Task HealFaultAsync(string fault)
    {
        faults.Heal(fault);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<FaultReport[]> ListFaultsAsync() =>
        Task.FromResult<FaultReport[]>([.. faults.All.Select(static one => new FaultReport(one.Fault, one.HealsIn))]);
}
