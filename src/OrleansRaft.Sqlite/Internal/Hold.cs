using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>The hold of one activation on a replica's row: everything it changes is conditional on it.</summary>
/// <param name="Key">The replica.</param>
/// <param name="Id">Its row.</param>
/// <param name="Epoch">The epoch acquired.</param>
/// <param name="Nonce">The activation.</param>
internal sealed record Hold(ReplicaKey Key, long Id, long Epoch, long Nonce)
{
    /// <summary>Another activation holds the replica now.</summary>
    public StoreRefusedException Fenced() => new($"another activation took replica {Key} over");
}
