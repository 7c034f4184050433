using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <inheritdoc cref="ITraceService"/>
[Reentrant]
internal sealed class TraceService(GrainId id, Silo silo, ILoggerFactory loggers, RaftMetrics metrics)
    : GrainService(id, silo, loggers), ITraceService
{
    /// <inheritdoc/>
    public Task NoteAsync(ulong[] commands, string[] parents)
    {
        if (RaftMetrics.Activities.HasListeners())
        {
            foreach (var (command, parent) in commands.Zip(parents))
            {
                if (ActivityContext.TryParse(parent, null, isRemote: true, out var context))
                {
                    metrics.Traces.Add(command, context);
                }
            }
        }

        return Task.CompletedTask;
    }
}
