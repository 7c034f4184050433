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
    /// <param name="key">Which replica.</param>
    /// <param name="options">How it behaves; validated.</param>
    /// <param name="machine">The state machine, in its initial state.</param>
    /// <param name="transport">Takes messages to the other members.</param>
    /// <param name="host">Gives the driver its turns.</param>
    /// <param name="time">The monotonic clock.</param>
    /// <param name="metrics">The silo's instruments.</param>
    /// <param name="logger">Where the replica logs.</param>
    /// <param name="seed">The seed of its election timeouts: different for each replica.</param>
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

    /// <summary>Which replica.</summary>
    public ReplicaKey Key => throw new NotSupportedException();

    /// <summary>Whether the replica knew a leader (itself, perhaps) at the end of its last run. Any thread.</summary>
    public bool HasLeader => throw new NotSupportedException();

    /// <summary>Whether the replica led at the end of its last run. Any thread.</summary>
    public bool IsLeader => throw new NotSupportedException();

    /// <summary>How many entries it had appended and not committed at the end of its last run, if it led. Any thread.</summary>
    public long CommitLag => throw new NotSupportedException();

    /// <summary>Core itself, for a host that checks it after every run; null before <see cref="Start"/>. On the host's turn.</summary>
    internal RaftCore? Raft => throw new NotSupportedException();

    /// <summary>What the log tells goes here; pass it to <see cref="ILogStore.OpenAsync"/> before <see cref="Start"/>.</summary>
    public IReplicaLogEvents LogEvents => throw new NotSupportedException();

    /// <summary>Restores the state machine from what the log read back, and starts Core. On the host's turn.</summary>
    /// <exception cref="Core.Codec.CorruptDataException">The snapshot is damaged, or the state machine did not take it whole: the replica must not start.</exception>
    public void Start(IReplicaLog log) => throw new NotSupportedException();

    /// <summary>Takes what was posted, in order: messages before ticks. On the host's turn.</summary>
    public void Run() => throw new NotSupportedException();

    /// <summary>Posts one tick; several that were not yet taken count as one. Any thread.</summary>
    public void Tick() => throw new NotSupportedException();

    /// <summary>Posts a message from another member. Any thread.</summary>
    public void Receive(ReplicaId from, Message message) => throw new NotSupportedException();

    /// <summary>Posts an input that has no answer: <see cref="Campaign"/> or <see cref="Unreachable"/>. Any thread.</summary>
    /// <exception cref="ArgumentException">The input is another.</exception>
    public void Post(Input input) => throw new NotSupportedException();

    /// <summary>Submits commands (each a <see cref="CommandEnvelope"/>, encoded) to be appended together, if this replica leads. Any thread.</summary>
    /// <param name="envelopes">The commands; they must not change afterwards.</param>
    /// <param name="sink">Receives a reply for each, in order, when all are known.</param>
    public void Submit(IReadOnlyList<ReadOnlyMemory<byte>> envelopes, IReplySink sink) => throw new NotSupportedException();

    /// <summary>Submits commands (each a <see cref="CommandEnvelope"/>, encoded) to be appended together, if this replica leads. Any thread.</summary>
    /// <returns>A reply for each, in order, when all are known.</returns>
    public Task<ReplyBatch> SubmitAsync(IReadOnlyList<ReadOnlyMemory<byte>> envelopes) => throw new NotSupportedException();

    /// <summary>Answers queries from this replica's state, all behind one confirmation. Any thread.</summary>
    /// <param name="queries">Each a key and an encoded query.</param>
    /// <param name="consistency">What they may see.</param>
    /// <param name="sink">Receives a reply for each, in order.</param>
    public void Query(IReadOnlyList<QueryEnvelope> queries, ReadConsistency consistency, IReplySink sink) => throw new NotSupportedException();

    /// <summary>Answers queries (each a key and an encoded query) from this replica's state, all behind one confirmation. Any thread.</summary>
    /// <returns>A reply for each, in order.</returns>
    public Task<Reply[]> QueryAsync(IReadOnlyList<QueryEnvelope> queries, ReadConsistency consistency) => throw new NotSupportedException();

    /// <summary>Changes the group's members (§6), if this replica leads. Any thread.</summary>
    /// <param name="changes">What to change; empty to leave a joint configuration.</param>
    /// <param name="expectedVersion">The version of the configuration that the change was made for; null to take whichever is in force.</param>
    /// <param name="sink">Receives one reply, when the change is committed or refused.</param>
    public void ChangeMembers(IReadOnlyList<MemberChange> changes, LogIndex? expectedVersion, IReplySink sink) => throw new NotSupportedException();

    /// <summary>Changes the group's members (§6), if this replica leads. Any thread.</summary>
    /// <returns>The reply, when the change is committed or refused.</returns>
    public Task<Reply> ChangeMembersAsync(IReadOnlyList<MemberChange> changes, LogIndex? expectedVersion) => throw new NotSupportedException();

    /// <summary>Hands leadership to another voter (thesis §3.10), if this replica leads. Any thread.</summary>
    /// <param name="target">To whom; null for the most up-to-date voter.</param>
    /// <param name="sink">Receives one reply: committed when this replica has stopped leading, rejected when leadership was not handed over.</param>
    public void TransferLeadership(ReplicaId? target, IReplySink sink) => throw new NotSupportedException();

    /// <summary>Hands leadership to another voter (thesis §3.10), if this replica leads. Any thread.</summary>
    /// <returns>Committed when this replica has stopped leading, rejected when leadership was not handed over.</returns>
    public Task<Reply> TransferLeadershipAsync(ReplicaId? target) => throw new NotSupportedException();

    /// <summary>The replica at this moment. Any thread: answered on the next run.</summary>
    /// <exception cref="ObjectDisposedException">The replica has stopped.</exception>
    public Task<ReplicaSnapshot> InspectAsync() => throw new NotSupportedException();

    /// <summary>The replica at this moment. On the host's turn, after <see cref="Start"/>.</summary>
    public ReplicaSnapshot Inspect() => throw new NotSupportedException();

    /// <summary>Entries of the log after an index, for people. Any thread: answered on the next run.</summary>
    /// <exception cref="ObjectDisposedException">The replica has stopped.</exception>
    public Task<IReadOnlyList<Entry>> ReadLogAsync(LogIndex after, int limit) => throw new NotSupportedException();

    /// <summary>Stops: answers what waits with "unknown" or a refusal, and hands nothing more to anybody. On the host's turn; may be repeated.</summary>
    public void Stop() => throw new NotSupportedException();
}
