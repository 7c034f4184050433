using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime.Pulses;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// The step workers of this silo: each replica has its turns from one of them. What a pass over several replicas writes is one transaction for each
/// store, and what it sends one batch for each silo.
/// </summary>
internal sealed class ReplicaWorkers
{
    private readonly Worker[] workers;
    private uint next;

    public ReplicaWorkers(IOptions<RaftOptions> options, ILogStore store, ILogger<ReplicaWorkers> logger)
    {
        var count = options.Value.Workers == 0 ? (Environment.ProcessorCount + 1) / 2 : options.Value.Workers;
        workers = [.. Enumerable.Range(0, count).Select(_ => new Worker(store, logger))];
    }

    /// <summary>The worker of the next replica that comes to life here.</summary>
    public StepWorker Next() => workers[Interlocked.Increment(ref next) % (uint)workers.Length].Steps;

    /// <summary>One worker, which has a thread of the pool while it has something to do.</summary>
    private sealed class Worker : IPulseHost, IThreadPoolWorkItem
    {
        private readonly ILogStore store;
        private readonly ILogger logger;

        public Worker(ILogStore store, ILogger logger)
        {
            this.store = store;
            this.logger = logger;
            Steps = new StepWorker(this);
        }

        public StepWorker Steps { get; }

        /// <summary>The thread that brings the first input comes by when it is done with the rest; an idle one of the pool may be faster.</summary>
        public void Wake() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);

        public void Execute() => Steps.Pulse();

        public void OnPassBegun()
        {
            store.BeginPulse();
            LaneCork.Hold();
        }

        public void OnPassEnded()
        {
            store.EndPulse();
            LaneCork.Release();
        }

        public void OnTurnFailed(Exception cause) => Log.TurnFailed(logger, cause);
    }
}
