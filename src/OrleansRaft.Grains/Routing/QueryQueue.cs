using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>This silo's queries of one consistency to one group: tried on a replica of it, all of a batch behind one confirmation.</summary>
/// <param name="requests">Reaches the replicas.</param>
/// <param name="leader">Knows which of them to ask.</param>
/// <param name="consistency">What the answers may miss.</param>
/// <param name="time">This silo's clock.</param>
internal sealed class QueryQueue(ReplicaRequests requests, LeaderFinder leader, ReadConsistency consistency, TimeProvider time)
    : RequestQueue<PendingQuery>(time)
{
    /// <inheritdoc/>
    protected override async Task<List<PendingQuery>> AttemptAsync(List<PendingQuery> batch)
    {
        var replica = consistency == ReadConsistency.Stale ? leader.Nearest() : leader.Next();
        var left = new List<PendingQuery>();
        return replica is not null && await SendAsync(replica, batch, left) ? left : batch;
    }

    /// <returns>Whether there were replies.</returns>
    private async Task<bool> SendAsync(ReplicaSlot replica, List<PendingQuery> batch, List<PendingQuery> left)
    {
        var queries = new QueryEnvelope[batch.Count];
        for (var index = 0; index < queries.Length; index++)
        {
            queries[index] = new QueryEnvelope(batch[index].Key, batch[index].Body)
            {
                PatienceMilliseconds = PatienceOf(batch[index]),
                Needs = batch[index].Needs,
            };
        }

        try
        {
            var until = batch.Max(static query => query.ExpiresAt);
            if (await requests.QueryAsync(replica, queries, consistency, until, answer => Settle(replica, batch, answer.Replies, left)))
            {
                return true;
            }
        }
        catch (Exception exception)
        {
            // Whatever it was, a query changes nothing and may be asked again elsewhere.
            Note(replica, batch, exception);
            leader.GiveUp(replica);
            return false;
        }

        leader.Distrust(replica);
        return false;
    }

    private long PatienceOf(PendingQuery query) =>
        Math.Max(1, (long)Time.GetElapsedTime(Time.GetTimestamp(), query.ExpiresAt).TotalMilliseconds);

    /// <summary>A replica that answers nothing is not the same as a group without a leader.</summary>
    private void Note(ReplicaSlot replica, List<PendingQuery> batch, Exception cause)
    {
        if (consistency != ReadConsistency.Stale && !leader.IsThoughtToLead(replica))
        {
            return;
        }

        var name = new ReplicaKey(replica.Group.Name, replica.Replica);
        var rejection = Reply.Rejected(
            RejectionReason.Unreachable,
            null,
            1_000,
            cause is TimeoutException
                ? $"{name} did not answer in time ({cause.Message}). If its queries take longer than Raft:SubmitTimeout, raise that; or try again."
                : $"{name} could not be asked ({cause.Message}); try again.");
        batch.ForEach(query => query.LastRejection = rejection);
    }

    private void Settle(ReplicaSlot replica, List<PendingQuery> batch, Reply[] replies, List<PendingQuery> left)
    {
        for (var index = 0; index < batch.Count; index++)
        {
            Settle(replica, batch[index], replies[index], left);
        }
    }

    private void Settle(ReplicaSlot replica, PendingQuery query, in Reply reply, List<PendingQuery> left)
    {
        switch (reply)
        {
            case { Kind: ReplyKind.Committed }:
                if (consistency != ReadConsistency.Stale)
                {
                    leader.Confirm(replica);
                }

                query.Complete(reply);
                return;
            case { Kind: ReplyKind.Rejected, Reason: not (RejectionReason.NoLeader or RejectionReason.VersionBehind) }:
                query.Complete(reply);
                return;
            default:
                query.LastRejection = reply.Kind == ReplyKind.Rejected ? reply : query.LastRejection;
                leader.Follow(replica, reply.Leader);
                left.Add(query);
                return;
        }
    }
}
