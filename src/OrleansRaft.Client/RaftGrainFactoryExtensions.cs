using OrleansRaft.Client;

namespace OrleansRaft;

/// <summary>How grains and clients reach groups.</summary>
public static class RaftGrainFactoryExtensions
{
    /// <summary>The group that keeps a key. Makes no call: an unknown set shows in the outcome of the first request.</summary>
    /// <typeparam name="TCommand">Commands and queries of the state machine.</typeparam>
    /// <typeparam name="TResult">Its answers.</typeparam>
    /// <param name="grains">The factory of a grain, a silo or a client.</param>
    /// <param name="name">The set of groups, as given to <c>AddRaftStateMachine</c>.</param>
    /// <param name="key">The key; <see cref="KeyHash"/> tells which group it chooses.</param>
    public static RaftGroup<TCommand, TResult> GetRaftGroup<TCommand, TResult>(this IGrainFactory grains, string name, string key)
    {
        ArgumentNullException.ThrowIfNull(grains);
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(key);
        return new RaftGroup<TCommand, TResult>(RouterCache<TCommand, TResult>.Get(grains, name), key);
    }

    /// <summary>All groups of a set. Makes no call.</summary>
    /// <typeparam name="TCommand">Commands and queries of the state machine.</typeparam>
    /// <typeparam name="TResult">Its answers.</typeparam>
    /// <param name="grains">The factory of a grain, a silo or a client.</param>
    /// <param name="name">The set of groups, as given to <c>AddRaftStateMachine</c>.</param>
    public static RaftGroupSet<TCommand, TResult> GetRaftGroupSet<TCommand, TResult>(this IGrainFactory grains, string name)
    {
        ArgumentNullException.ThrowIfNull(grains);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return new RaftGroupSet<TCommand, TResult>(RouterCache<TCommand, TResult>.Get(grains, name));
    }
}
