using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>How a replica reaches the other members of its group. Delivery is not promised: messages may be lost, repeated and reordered.</summary>
internal interface IReplicaTransport
{
    /// <summary>Sends a message, and never blocks.</summary>
    void Send(ReplicaId to, Message message);
}
