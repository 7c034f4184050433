using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>Where a <see cref="ReplicaDriver"/> runs: a grain's turns, or the simulator's single thread.</summary>
public interface IReplicaHost
{
    /// <summary>Arranges that <see cref="ReplicaDriver.Run"/> is called soon, on the host's own turn. Called on any thread, once until that run begins.</summary>
    void Schedule();

    /// <summary>The replica has stopped by itself, on its own turn: fenced, or impossible. It sends nothing more; the host lets it go.</summary>
    /// <param name="cause">Why.</param>
    void OnStopped(Exception cause);

    /// <summary><see cref="Storage.IReplicaLog.MaySpeak"/> may have changed. Called on any thread.</summary>
    void OnRightToSpeakChanged()
    {
    }

    /// <summary>The role, the term or the known leader changed. On the host's turn.</summary>
    void OnRoleChanged(RoleChanged change)
    {
    }

    /// <summary>The configuration that is in force: at the start, and whenever it is another, from its append on. On the host's turn.</summary>
    void OnConfigurationChanged(Configuration configuration)
    {
    }

    /// <summary>A snapshot of the replica's own state became durable, or one of its leader's was installed. On the host's turn.</summary>
    /// <param name="lastIncluded">The last entry it covers.</param>
    /// <param name="isInstalled">Whether it came from the leader.</param>
    void OnSnapshot(EntryId lastIncluded, bool isInstalled)
    {
    }

    /// <summary>The replica went to sleep, or woke. On the host's turn.</summary>
    void OnQuiescenceChanged(QuiescenceChanged change)
    {
    }
}
