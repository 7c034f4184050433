using OrleansRaft.Core;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.PostgreSql.Internal;

/// <summary>A replica's row while an activation holds it: which row and activation that is, and what the store holds for it.</summary>
/// <param name="key">The replica.</param>
/// <param name="acquired">What the activation acquired.</param>
/// <param name="nonce">The activation.</param>
/// <param name="events">The activation's side.</param>
/// <param name="closing">When the activation closes.</param>
internal sealed class HeldReplica(ReplicaKey key, Acquisition acquired, long nonce, IHeldReplicaEvents events, CancellationToken closing)
{
    private long epoch = acquired.Epoch;

    public ReplicaKey Key { get; } = key;

    /// <summary>The replica's row.</summary>
    public long Id { get; } = acquired.Id;

    public long Nonce { get; } = nonce;

    public long Epoch
    {
        get => Volatile.Read(ref epoch);
        set => Volatile.Write(ref epoch, value);
    }

    /// <summary>Whether nothing is written or reported any more.</summary>
    public bool IsClosed => events.IsClosed;

    public CancellationToken Closing { get; } = closing;

    /// <summary>The highest epoch that this activation has tried to raise itself to. The writer's.</summary>
    public long EpochTried { get; set; } = acquired.Epoch;

    /// <summary>The last entry that the store holds. The writer's.</summary>
    public EntryId StoredLast { get; private set; }

    /// <summary>The hard state that the store holds. The writer's.</summary>
    public HardState StoredHardState { get; private set; }

    /// <summary>How many writes the row has seen. The writer's.</summary>
    public long Writes { get; private set; }

    /// <summary>The newest snapshot; null for the empty state.</summary>
    public StoredSnapshot? Newest { get; private set; }

    /// <summary>What waits for the writer; under its gate.</summary>
    public Queue<PendingWrite> Waiting { get; } = new();

    /// <summary>Whether the writer knows that something waits; under its gate.</summary>
    public bool IsReady { get; set; }

    /// <summary>Takes over what was read back.</summary>
    public void Recover(RecoveredReplica recovered) =>
        (StoredLast, StoredHardState, Writes, Newest) = (recovered.Last, recovered.State.HardState, recovered.Writes, recovered.Newest);

    /// <summary>One more statement has committed.</summary>
    public void OnLanded(EntryId last, HardState hardState, StoredSnapshot? newest, IEnumerable<PendingWrite> parts)
    {
        (StoredLast, StoredHardState, Newest) = (last, hardState, newest ?? Newest);
        Writes++;
        foreach (var part in parts)
        {
            events.OnLanded(part);
        }
    }

    public StoreRefusedException Fenced() => new($"another activation took replica {Key} over");

    public void StopFenced() => Stop(LogStopReason.Fenced, Fenced());

    /// <summary>Stops for what was found inside a call of the replica or under the writer's gate, where it must not be told.</summary>
    public void StopLater(LogStopReason reason, Exception cause) => _ = Task.Run(() => Stop(reason, cause));

    public void Stop(LogStopReason reason, Exception cause) => events.OnStopped(reason, cause);
}
