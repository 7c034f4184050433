using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>Tries queries of one consistency on a replica of a group, all behind one confirmation, and says which of them to try again.</summary>
internal sealed class QueryAttempts(ReplicaRequests requests, LeaderFinder leader, ReadConsistency consistency, TimeProvider time)
{
    /// <summary>Makes one attempt.</summary>
    /// <returns>The queries that have no final answer yet.</returns>
    public async Task<List<PendingQuery>> TryAsync(List<PendingQuery> batch)
    {
        var replica = consistency == ReadConsistency.Stale ? leader.Nearest() : leader.Next();
        if (replica is null || await SendAsync(replica, batch) is not { } replies)
        {
            return batch;
        }

        var left = new List<PendingQuery>();
        for (var index = 0; index < batch.Count; index++)
        {
            Settle(replica, batch[index], replies[index], left);
        }

        return left;
    }

    private async Task<Reply[]?> SendAsync(ReplicaSlot replica, List<PendingQuery> batch)
    {
        var queries = new QueryEnvelope[batch.Count];
        for (var index = 0; index < queries.Length; index++)
        {
            queries[index] = new QueryEnvelope(batch[index].Key, batch[index].Body) { PatienceMilliseconds = PatienceOf(batch[index]) };
        }

        try
        {
            if (await requests.QueryAsync(replica, queries, consistency, batch.Max(static query => query.ExpiresAt)) is { } answer)
            {
                return answer.Replies;
            }
        }
        catch (Exception exception)
        {
            // Whatever it was, a query changes nothing and may be asked again elsewhere.
            Note(replica, batch, exception);
        }

        leader.Distrust(replica);
        return null;
    }

    private long PatienceOf(PendingQuery query) =>
        Math.Max(1, (long)time.GetElapsedTime(time.GetTimestamp(), query.ExpiresAt).TotalMilliseconds);

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
            case { Kind: ReplyKind.Rejected, Reason: not RejectionReason.NoLeader }:
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
