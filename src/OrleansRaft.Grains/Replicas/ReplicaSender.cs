using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Replicas;

/// <summary>Sends the messages of one replica: to a neighbor on this silo at once, by a lane to another silo, as far as faults let it.</summary>
internal sealed class ReplicaSender(ILocalReplica replica, Lanes lanes, ReplicaNotices notices, TimeProvider time) : IReplicaTransport, ILaneSender
{
    private readonly DeferrableMessages deferrable = new();

    /// <inheritdoc/>
    public ReplicaKey Key => replica.Key;

    /// <inheritdoc/>
    public void Send(ReplicaId to, Message message)
    {
        if (!replica.IsRunning)
        {
            return;
        }

        var peer = replica.Slot.Group.Slot(to);
        var faults = replica.Faults;
        var isLost = faults is not null && faults.Loses(to);
        notices.Sending(replica, peer, message, isLost);
        var isNotice = deferrable.IsNotice(to, message);
        if (faults is null)
        {
            Pass(peer, message, isNotice);
        }
        else if (!isLost)
        {
            PassLaterAsync(peer, message, faults.DelayTo(to)).Ignore();
        }
        else
        {
            Lose(to, message);
        }
    }

    /// <inheritdoc/>
    public void OnLost(ReplicaId to)
    {
        if (replica.IsRunning)
        {
            replica.Driver.Post(new Unreachable(to));
        }
    }

    private void Pass(ReplicaSlot peer, Message message, bool isNotice)
    {
        if (peer.Local is not { } neighbor)
        {
            lanes.Send(this, replica.Epoch, peer, message, isNotice);
        }
        else if (!neighbor.Deliver(Key.Replica, message))
        {
            Lose(peer.Replica, message);
        }
    }

    private async Task PassLaterAsync(ReplicaSlot peer, Message message, TimeSpan delay)
    {
        if (delay > TimeSpan.Zero)
        {
            await Task.Delay(delay, time);
        }

        if (replica.IsRunning)
        {
            Pass(peer, message, isNotice: false);
        }
    }

    private void Lose(ReplicaId to, Message message)
    {
        if (MessageFrame.IsMissed(message))
        {
            OnLost(to);
        }
    }
}
