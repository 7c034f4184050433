using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Machines;

namespace OrleansRaft.Grains.SiloService;

/// <summary>Requests to one replica, here or on another silo: one attempt, with the time that one attempt may take. Any thread.</summary>
/// <remarks>
/// Requests to another silo travel on its lane, with the messages of the replicas, and so do the replies: all groups share the batches.
/// </remarks>
internal sealed class ReplicaRequests(
    GroupTable groups,
    Lanes lanes,
    MachineReplies machines,
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
    /// <param name="onReplied">Takes the replies at once, on the turn on which they come; not after this has thrown. It must not block.</param>
    /// <returns>Whether there were replies; if not, the replica is not where it was thought to be, and certainly nothing happened.</returns>
    /// <exception cref="TimeoutException">No answer came in time; others may be thrown as well, and all leave open what happened.</exception>
    public async Task<bool> SubmitAsync(
        ReplicaSlot to, IReadOnlyList<ReadOnlyMemory<byte>> envelopes, long until, Action<ReplyBatch> onReplied)
    {
        var call = new LaneCall(Interlocked.Increment(ref lastCall), onReplied);
        if (Here(to) is { } here)
        {
            here.Driver.Submit(envelopes, call);
            return await InTimeAsync(call, to, until);
        }

        return Remote(to) is { } silo && await SendAsync(to, silo, LaneFrameKind.Commands, call, RequestCodec.EncodeCommands(to, envelopes), until);
    }

    /// <summary>Asks queries of a replica.</summary>
    /// <param name="to">The replica.</param>
    /// <param name="queries">Each a key and an encoded query.</param>
    /// <param name="consistency">What they may see.</param>
    /// <param name="until">The timestamp until which somebody waits for them, if the replica's state machine is at work.</param>
    /// <param name="onReplied">As for <see cref="SubmitAsync"/>.</param>
    /// <returns>Whether there were replies; if not, the replica is not where it was thought to be.</returns>
    /// <exception cref="TimeoutException">No answer came in time; others may be thrown as well.</exception>
    public async Task<bool> QueryAsync(
        ReplicaSlot to, IReadOnlyList<QueryEnvelope> queries, ReadConsistency consistency, long until, Action<ReplyBatch> onReplied)
    {
        var call = new LaneCall(Interlocked.Increment(ref lastCall), onReplied);
        if (Here(to) is { } here)
        {
            here.Driver.Query(queries, consistency, call);
            return await InTimeAsync(call, to, until);
        }

        return Remote(to) is { } silo
            && await SendAsync(to, silo, LaneFrameKind.Queries, call, RequestCodec.EncodeQueries(to, queries, consistency), until);
    }

    /// <inheritdoc/>
    public void Serve(SiloAddress from, LaneFrameKind kind, long number, ReadOnlyMemory<byte> request)
    {
        var sink = new LaneReplySink(lanes, machines, from, number);
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
        if (!calls.TryGetValue(number, out var call))
        {
            return;
        }

        if (replies.IsEmpty)
        {
            call.NotHere();
            return;
        }

        try
        {
            call.OnReplied(RequestCodec.DecodeReplies(replies));
        }
        catch (CorruptDataException)
        {
            call.FailReplies();
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

    private async Task<bool> SendAsync(ReplicaSlot to, SiloAddress silo, LaneFrameKind kind, LaneCall call, byte[] request, long until)
    {
        calls[call.Number] = call;
        try
        {
            // Requests leave on a thread that is free for them, see Detached.
            lanes.Send(silo, new RequestFrame(kind, call, request), isFree: true);
            if (await InTimeAsync(call, to, until))
            {
                return true;
            }
        }
        finally
        {
            calls.TryRemove(call.Number, out _);
        }

        to.Forget(silo);
        return false;
    }

    private SiloAddress? Remote(ReplicaSlot to) => to.Silo is { } silo && !silo.Equals(self.SiloAddress) ? silo : null;

    /// <summary>
    /// Waits for an attempt: for as long as one may take, and then for as long as the replica says that its state machine is at work. Asked
    /// elsewhere, or again, it would only have more to do.
    /// </summary>
    private async Task<bool> InTimeAsync(LaneCall call, ReplicaSlot to, long until)
    {
        while (true)
        {
            try
            {
                return await call.Replies.WaitAsync(options.Value.AttemptTimeout, time);
            }
            catch (TimeoutException) when (!call.Replies.IsCompleted)
            {
                if (time.GetTimestamp() < until && await IsWorkingAsync(to))
                {
                    continue;
                }

                if (call.Abandon())
                {
                    throw;
                }
            }

            // It has ended at the last moment: the replies are being taken, or the request has failed.
            return await call.Replies;
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

    /// <summary>Sends replies back to the silo that asked, on the turn of the replica that gave them, or on the thread of its machine.</summary>
    private sealed class LaneReplySink(Lanes lanes, MachineReplies machines, SiloAddress to, long number) : IReplySink
    {
        public void OnReplied(ReplyBatch batch)
        {
            var frame = new ReplyFrame(number, RequestCodec.EncodeReplies(batch));
            if (MachinePool.IsOwnThread)
            {
                machines.Send(to, frame);
            }
            else
            {
                lanes.Send(to, frame);
            }
        }

        public void NotHere() => lanes.Send(to, new ReplyFrame(number, default));
    }
}
