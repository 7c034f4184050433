using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.SiloService;

/// <summary>Requests to one replica, here or on another silo: one attempt, with the time that one attempt may take. Any thread.</summary>
/// <remarks>Requests to another silo travel on its lane, with the messages of the replicas, and so do the replies: all groups share the batches.</remarks>
internal sealed class ReplicaRequests(
    GroupTable groups,
    Lanes lanes,
    SiloClient<IInventoryService> client,
    ILocalSiloDetails self,
    IOptions<RaftOptions> options,
    TimeProvider time) : ILaneRequests
{
    private readonly ConcurrentDictionary<long, LaneCall> calls = new();
    private long lastCall;

    /// <summary>Submits commands to a replica.</summary>
    /// <param name="to">The replica.</param>
    /// <param name="envelopes">The commands, encoded.</param>
    /// <param name="until">The timestamp until which somebody waits for them, if the replica's state machine is at work.</param>
    /// <returns>The replies; null when the replica is not where it was thought to be, so that certainly nothing happened.</returns>
    /// <exception cref="TimeoutException">No answer came in time; others may be thrown as well, and all leave open what happened.</exception>
    public async Task<ReplyBatch?> SubmitAsync(ReplicaSlot to, IReadOnlyList<ReadOnlyMemory<byte>> envelopes, long until)
    {
        if (Here(to) is { } here)
        {
            return await InTimeAsync(here.Driver.SubmitAsync(envelopes), to, until);
        }

        return Remote(to) is { } silo ? await CallAsync(to, silo, LaneFrameKind.Commands, RequestCodec.EncodeCommands(to, envelopes), until) : null;
    }

    /// <summary>Asks queries of a replica.</summary>
    /// <param name="to">The replica.</param>
    /// <param name="queries">Each a key and an encoded query.</param>
    /// <param name="consistency">What they may see.</param>
    /// <param name="until">The timestamp until which somebody waits for them, if the replica's state machine is at work.</param>
    /// <returns>The replies; null when the replica is not where it was thought to be.</returns>
    /// <exception cref="TimeoutException">No answer came in time; others may be thrown as well.</exception>
    public async Task<ReplyBatch?> QueryAsync(ReplicaSlot to, IReadOnlyList<QueryEnvelope> queries, ReadConsistency consistency, long until)
    {
        if (Here(to) is { } here)
        {
            return new ReplyBatch(await InTimeAsync(here.Driver.QueryAsync(queries, consistency), to, until), LogTime.Zero);
        }

        return Remote(to) is { } silo ? await CallAsync(to, silo, LaneFrameKind.Queries, RequestCodec.EncodeQueries(to, queries, consistency), until) : null;
    }

    /// <inheritdoc/>
    public void Serve(SiloAddress from, LaneFrameKind kind, long number, ReadOnlyMemory<byte> request)
    {
        var sink = new LaneReplySink(lanes, from, number);
        if (kind == LaneFrameKind.Commands)
        {
            var (to, envelopes) = RequestCodec.DecodeCommands(request);
            Serve(to, sink, driver => driver.Submit(envelopes, sink));
        }
        else
        {
            var (to, queries, consistency) = RequestCodec.DecodeQueries(request);
            Serve(to, sink, driver => driver.Query(queries, consistency, sink));
        }
    }

    /// <inheritdoc/>
    public void Complete(long number, ReadOnlyMemory<byte> replies)
    {
        if (calls.TryGetValue(number, out var call))
        {
            call.Complete(replies);
        }
    }

    /// <inheritdoc/>
    public void FailReplies(long number)
    {
        if (calls.TryGetValue(number, out var call))
        {
            call.FailReplies();
        }
    }

    private void Serve(ReplicaName to, LaneReplySink sink, Action<ReplicaDriver> serve)
    {
        if (Find(to) is { } here)
        {
            serve(here.Driver);
        }
        else
        {
            sink.NotHere();
        }
    }

    private async Task<ReplyBatch?> CallAsync(ReplicaSlot to, SiloAddress silo, LaneFrameKind kind, byte[] request, long until)
    {
        var call = new LaneCall(Interlocked.Increment(ref lastCall));
        calls[call.Number] = call;
        try
        {
            lanes.Send(silo, new RequestFrame(kind, call, request));
            var replies = await InTimeAsync(call.Replies, to, until);
            if (!replies.IsEmpty)
            {
                return RequestCodec.DecodeReplies(replies);
            }
        }
        finally
        {
            calls.TryRemove(call.Number, out _);
        }

        to.Forget(silo);
        return null;
    }

    private SiloAddress? Remote(ReplicaSlot to) => to.Silo is { } silo && !silo.Equals(self.SiloAddress) ? silo : null;

    /// <summary>
    /// Waits for an attempt: for as long as one may take, and then for as long as the replica says that its state machine is at work. Asked elsewhere, or
    /// again, it would only have more to do.
    /// </summary>
    private async Task<T> InTimeAsync<T>(Task<T> attempt, ReplicaSlot to, long until)
    {
        while (true)
        {
            try
            {
                return await attempt.WaitAsync(options.Value.AttemptTimeout, time);
            }
            catch (TimeoutException) when (!attempt.IsCompleted && time.GetTimestamp() < until)
            {
                if (!await IsWorkingAsync(to))
                {
                    throw;
                }
            }
        }
    }

    private async Task<bool> IsWorkingAsync(ReplicaSlot to)
    {
        if (to.Local is { } here)
        {
            return here is { IsRunning: true, Driver.IsWorking: true };
        }

        try
        {
            var name = new ReplicaName(to.Group.Name, to.Replica.Value);
            return to.Silo is { } silo && await client.Reach(silo).IsWorkingAsync(name).WaitAsync(options.Value.AttemptTimeout, time);
        }
        catch (Exception)
        {
            // A silo that does not even say this much is one to give up on.
            return false;
        }
    }

    private ILocalReplica? Find(ReplicaName name) =>
        groups.Find(name.Group)?.Find(new ReplicaId(name.Replica)) is { } slot ? Here(slot) : null;

    // A group with waiting clients does not wait its turn to elect.
    private static ILocalReplica? Here(ReplicaSlot slot)
    {
        if (slot.Local is not { IsRunning: true } replica)
        {
            return null;
        }

        replica.UnquiesceIfOrphaned();
        return replica;
    }

    /// <summary>Sends replies back to the silo that asked, on the turn of the replica that gave them.</summary>
    private sealed class LaneReplySink(Lanes lanes, SiloAddress to, long number) : IReplySink
    {
        public void OnReplied(ReplyBatch batch) => lanes.Send(to, new ReplyFrame(number, RequestCodec.EncodeReplies(batch)));

        public void NotHere() => lanes.Send(to, new ReplyFrame(number, default));
    }
}
