using Microsoft.Extensions.Options;
using OrleansRaft.Core;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains;

/// <summary>Requests to one replica, here or on another silo: one attempt, with the time that one attempt may take.</summary>
internal sealed class ReplicaRequests(GroupTable groups, LaneClient client, LinkFaults faults, ILocalSiloDetails self, IOptions<RaftOptions> options, TimeProvider time)
{
    /// <summary>Submits commands to a replica.</summary>
    /// <returns>The replies; null when the replica is not where it was thought to be, so that certainly nothing happened.</returns>
    /// <exception cref="TimeoutException">No answer came in time; others may be thrown as well, and all leave open what happened.</exception>
    public async Task<ReplyBatch?> SubmitAsync(ReplicaSlot to, IReadOnlyList<ReadOnlyMemory<byte>> envelopes)
    {
        if (Here(to) is { } here)
        {
            return await InTimeAsync(here.Driver.SubmitAsync(envelopes));
        }

        return Remote(to) is { } silo
            ? Answer(to, silo, await InTimeAsync(client.Get(silo).SubmitAsync(RequestCodec.EncodeCommands(to, envelopes))))
            : null;
    }

    /// <summary>Asks queries of a replica.</summary>
    /// <returns>The replies; null when the replica is not where it was thought to be.</returns>
    /// <exception cref="TimeoutException">No answer came in time; others may be thrown as well.</exception>
    public async Task<ReplyBatch?> QueryAsync(ReplicaSlot to, IReadOnlyList<QueryEnvelope> queries, ReadConsistency consistency)
    {
        if (Here(to) is { } here)
        {
            return new ReplyBatch(await InTimeAsync(here.Driver.QueryAsync(queries, consistency)), LogTime.Zero);
        }

        return Remote(to) is { } silo
            ? Answer(to, silo, await InTimeAsync(client.Get(silo).QueryAsync(RequestCodec.EncodeQueries(to, queries, consistency))))
            : null;
    }

    /// <summary>Submits commands that came from another silo.</summary>
    public async Task<byte[]> SubmitHereAsync(byte[] request)
    {
        var (to, envelopes) = RequestCodec.DecodeCommands(request);
        return Find(to) is { } here ? RequestCodec.EncodeReplies(await here.Driver.SubmitAsync(envelopes)) : [];
    }

    /// <summary>Asks queries that came from another silo.</summary>
    public async Task<byte[]> QueryHereAsync(byte[] request)
    {
        var (to, queries, consistency) = RequestCodec.DecodeQueries(request);
        return Find(to) is { } here
            ? RequestCodec.EncodeReplies(new ReplyBatch(await here.Driver.QueryAsync(queries, consistency), LogTime.Zero))
            : [];
    }

    private static ReplyBatch? Answer(ReplicaSlot to, SiloAddress silo, byte[] answer)
    {
        if (answer.Length > 0)
        {
            return RequestCodec.DecodeReplies(answer);
        }

        to.Forget(silo);
        return null;
    }

    private SiloAddress? Remote(ReplicaSlot to) =>
        to.Silo is not { } silo || silo.Equals(self.SiloAddress)
            ? null
            : faults.IsCut(silo) ? throw new TimeoutException($"The link to {silo} is cut.") : silo;

    private Task<T> InTimeAsync<T>(Task<T> attempt) => attempt.WaitAsync(options.Value.AttemptTimeout, time);

    private HostedReplica? Find(ReplicaName name) =>
        groups.Find(name.Group)?.Find(new ReplicaId(name.Replica)) is { } slot ? Here(slot) : null;

    // A group with waiting clients does not wait its turn to elect.
    private static HostedReplica? Here(ReplicaSlot slot)
    {
        if (slot.Local is not { IsRunning: true } replica)
        {
            return null;
        }

        replica.WakeIfOrphaned();
        return replica;
    }
}
