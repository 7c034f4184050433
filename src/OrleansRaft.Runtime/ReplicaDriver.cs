using Microsoft.Extensions.Logging;
using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime;

/// <summary>Drives one replica: hands inputs to Core, and turns its effects into writes, messages, applied commands and answers.</summary>
/// <remarks>
/// Inputs are posted from any thread; everything else happens inside <see cref="Run"/>, which the host calls on its own turn. The driver awaits nothing and
/// takes time from its <see cref="TimeProvider"/> only, so that the simulator runs the same code the silos run.
/// </remarks>
public sealed class ReplicaDriver
{
    /// <summary>Makes a driver; it does nothing until <see cref="Start"/>.</summary>
    public ReplicaDriver(
        ReplicaKey key,
        RaftOptions options,
        IStateMachineHost machine,
        IReplicaTransport transport,
        IReplicaHost host,
        TimeProvider time,
        RaftMetrics metrics,
        ILogger logger,
        ulong seed)
    {
        throw new NotSupportedException();
    }

    /// <summary>What the log tells goes here; pass it to <see cref="ILogStore.OpenAsync"/> before <see cref="Start"/>.</summary>
    public IReplicaLogEvents LogEvents => throw new NotSupportedException();

    /// <summary>Restores the state machine from what the log read back, and starts Core. On the host's turn.</summary>
    public void Start(IReplicaLog log) => throw new NotSupportedException();

    /// <summary>Takes what was posted, in order: messages before ticks. On the host's turn.</summary>
    public void Run() => throw new NotSupportedException();

    /// <summary>Posts one tick; several that were not yet taken count as one.</summary>
    public void Tick() => throw new NotSupportedException();

    /// <summary>Posts a message from another member. Any thread.</summary>
    public void Receive(ReplicaId from, Message message) => throw new NotSupportedException();

    /// <summary>Posts any other input (transfer, membership, campaign, unreachable). Any thread.</summary>
    public void Post(Input input) => throw new NotSupportedException();

    /// <summary>Submits commands (each a <see cref="CommandEnvelope"/>, encoded) to be appended together, if this replica leads. Any thread.</summary>
    /// <returns>A reply for each, in order, when all are known.</returns>
    public Task<ReplyBatch> SubmitAsync(IReadOnlyList<ReadOnlyMemory<byte>> envelopes) => throw new NotSupportedException();

    /// <summary>Answers queries (each a key and an encoded query) from this replica's state, all behind one confirmation. Any thread.</summary>
    /// <returns>A reply for each, in order.</returns>
    public Task<Reply[]> QueryAsync(IReadOnlyList<QueryEnvelope> queries, ReadConsistency consistency) => throw new NotSupportedException();

    /// <summary>The replica at this moment. Any thread: answered on the next run.</summary>
    public Task<ReplicaSnapshot> InspectAsync() => throw new NotSupportedException();

    /// <summary>Entries of the log after an index, for people.</summary>
    public Task<IReadOnlyList<Entry>> ReadLogAsync(LogIndex after, int limit) => throw new NotSupportedException();

    /// <summary>Stops: answers what waits with "unknown" or a refusal, and hands nothing more to anybody. On the host's turn; may be repeated.</summary>
    public void Stop() => throw new NotSupportedException();
}
