using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Replicas;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Admin;

/// <summary>What is asked of a group's leader on behalf of people.</summary>
internal sealed class LeaderRequests(GroupInspector inspector, ClusterMembership silos, SiloClient<IReplicaService> client, TimeProvider time)
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    /// <summary>The group as its replicas describe it now.</summary>
    public async Task<GroupView> DescribeAsync(GroupEntry group, CancellationToken cancellation)
    {
        var view = (await inspector.DescribeAsync([group], cancellation))[0];
        if (view.Leader is not null)
        {
            group.Learn(view.Configuration, view.Term);
        }

        return view;
    }

    /// <summary>Asks the leader of a group, as it was described.</summary>
    /// <typeparam name="T">What the whole request answers.</typeparam>
    /// <param name="group">The group.</param>
    /// <param name="leader">Who leads; null when nobody does.</param>
    /// <param name="ask">Asks; an empty answer says that the replica is not there.</param>
    /// <param name="conclude">Goes on after a success.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <param name="timeout">For how long to wait for the leader's answer; 10 seconds when null.</param>
    public async Task<Outcome<T>> AskAsync<T>(
        GroupEntry group,
        ReplicaId? leader,
        Func<ReplicaName, IReplicaService, Task<byte[]>> ask,
        Func<Reply, Task<Outcome<T>>> conclude,
        CancellationToken cancellation,
        TimeSpan? timeout = null)
    {
        if (leader is not { } named || group.Slot(named).Silo is not { } silo)
        {
            return NoLeader<T>(group);
        }

        byte[] answer;
        try
        {
            answer = await ask(new ReplicaName(group.Name, named.Value), client.Reach(silo)).WaitAsync(timeout ?? AnswerTimeout, time, cancellation);
        }
        catch (Exception exception) when (!cancellation.IsCancellationRequested)
        {
            return new Unknown<T>($"{silos.NameOf(silo)} did not answer ({exception.Message}); look at the group to see what became of the request.");
        }

        if (answer.Length == 0)
        {
            return NoLeader<T>(group);
        }

        var reply = RequestCodec.DecodeReplies(answer).Replies[0];
        return reply.Kind switch
        {
            ReplyKind.Committed => await conclude(reply),
            ReplyKind.Rejected => new Rejected<T>(reply.Reason, reply.Leader, TimeSpan.FromMilliseconds(reply.RetryAfterMilliseconds), reply.Detail),
            _ => new Unknown<T>(reply.Detail),
        };
    }

    /// <summary>The refusal of a request to a group that does not exist.</summary>
    public static Rejected<T> NoSuchGroup<T>(string group) => new(
        RejectionReason.UnknownGroup, null, TimeSpan.Zero, $"This cluster has no group '{group}'; list the groups to see which it has.");

    /// <summary>The refusal of a request to a group without a leader.</summary>
    public static Rejected<T> NoLeader<T>(GroupEntry group) => new(
        RejectionReason.NoLeader, null, TimeSpan.FromSeconds(1), $"{group.Name} has no leader that can be reached at the moment; try again.");
}
