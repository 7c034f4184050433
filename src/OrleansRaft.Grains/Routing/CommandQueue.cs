using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>This silo's commands to one group: tried on the replica that is thought to lead it.</summary>
/// <param name="requests">Reaches the replicas.</param>
/// <param name="leader">Knows which of them leads.</param>
/// <param name="clock">The group's time, in which deadlines are given.</param>
/// <param name="group">The group.</param>
/// <param name="traces">Told of what is sent.</param>
/// <param name="submitTimeout">How long a command may take.</param>
/// <param name="time">This silo's clock.</param>
internal sealed class CommandQueue(
    ReplicaRequests requests,
    LeaderFinder leader,
    GroupTimeEstimate clock,
    GroupEntry group,
    TracedCommands traces,
    TimeSpan submitTimeout,
    TimeProvider time)
    : RequestQueue<PendingCommand>(time)
{
    // Whether the session was opened may be open; whether the commands were applied is not: they were never sent.
    private static readonly Reply NotOpened = Reply.Rejected(RejectionReason.NoLeader, null, 1_000, "No session could be opened in time; try again.");

    private readonly Lock gate = new();
    private Task<SiloSession?>? opening;
    private SiloSession? session;

    /// <inheritdoc/>
    protected override async Task<List<PendingCommand>> AttemptAsync(List<PendingCommand> batch)
    {
        var left = new List<PendingCommand>();
        return leader.Next() is { } replica
            && await AssignSessionAsync(replica, batch)
            && await SendAsync(replica, Encode(batch), batch, replies => Settle(replica, batch, replies, left))
            ? left
            : batch.FindAll(static command => !command.Answer.IsCompleted);
    }

    /// <returns>Whether there were replies.</returns>
    private async Task<bool> SendAsync(
        ReplicaSlot replica, ReadOnlyMemory<byte>[] envelopes, List<PendingCommand>? batch, Action<Reply[]> settle)
    {
        try
        {
            batch?.ForEach(static command => command.WasSent = true);
            var until = batch?.Max(static command => command.ExpiresAt) ?? 0;
            var hasReplied = await requests.SubmitAsync(replica, envelopes, until, answer =>
            {
                ReadClock(answer);
                settle(answer.Replies);
            });
            if (!hasReplied)
            {
                leader.Distrust(replica);
            }

            return hasReplied;
        }
        catch (Exception)
        {
            // Time-outs and whatever Orleans throws say nothing of whether the commands were applied.
            leader.GiveUp(replica);
            foreach (var command in batch ?? [])
            {
                command.WasUnknown = true;
            }

            return false;
        }
    }

    private void ReadClock(ReplyBatch answer)
    {
        if (Array.Exists(answer.Replies, static reply => reply is { Kind: ReplyKind.Rejected, Reason: RejectionReason.Expired }))
        {
            clock.Correct(answer.Time);
        }
        else
        {
            clock.Observe(answer.Time);
        }
    }

    private ReadOnlyMemory<byte>[] Encode(List<PendingCommand> batch)
    {
        var deadline = clock.Now + (long)submitTimeout.TotalMilliseconds;
        var envelopes = new ReadOnlyMemory<byte>[batch.Count];
        for (var index = 0; index < envelopes.Length; index++)
        {
            var command = batch[index];
            var envelope = command.Session is { } opened
                ? CommandEnvelope.ForSession(command.Key, command.Body, deadline, opened.Id, command.Sequence, opened.AnsweredBelow)
                : CommandEnvelope.ForRequest(command.Key, command.Body, deadline, command.RequestId);
            envelopes[index] = CommandEnvelopeCodec.Encode(
                envelope with { Needs = command.Needs, Identity = command.Session is null ? command.Identity : null });
        }

        traces.Tell(group, batch, envelopes);
        return envelopes;
    }

    private void Settle(ReplicaSlot replica, List<PendingCommand> batch, Reply[] replies, List<PendingCommand> left)
    {
        for (var index = 0; index < batch.Count; index++)
        {
            Settle(replica, batch[index], replies[index], left);
        }
    }

    private void Settle(ReplicaSlot replica, PendingCommand command, in Reply reply, List<PendingCommand> left)
    {
        switch (reply.Kind)
        {
            case ReplyKind.Committed:
                leader.Confirm(replica);
                command.Complete(reply);
                return;
            case ReplyKind.Unknown:
                command.WasUnknown = true;
                leader.Distrust(replica);
                left.Add(command);
                return;
            default:
                SettleRejection(replica, command, reply, left);
                return;
        }
    }

    private void SettleRejection(ReplicaSlot replica, PendingCommand command, in Reply reply, List<PendingCommand> left)
    {
        command.LastRejection = reply;
        switch (reply.Reason)
        {
            case RejectionReason.NoLeader:
                leader.Follow(replica, reply.Leader);
                left.Add(command);
                return;
            case RejectionReason.VersionBehind:
                // Its leadership is being handed to a replica that can serve.
                leader.Follow(replica, reply.Leader);
                left.Add(command);
                return;
            case RejectionReason.Expired:
                // The estimate of the group's time was wrong; the answer has brought a better one.
                left.Add(command);
                return;
            case RejectionReason.UnknownSession when !command.WasUnknown:
                Interlocked.CompareExchange(ref session, null, command.Session);
                command.Session = null;
                left.Add(command);
                return;
            case RejectionReason.Overloaded when command.WasUnknown:
                left.Add(command);
                return;
            default:
                command.Complete(reply);
                return;
        }
    }

    private async Task<bool> AssignSessionAsync(ReplicaSlot replica, List<PendingCommand> batch)
    {
        var without = batch.FindAll(static command => command.RequestId.Length == 0 && command.Session is null);
        if (without.Count == 0)
        {
            return true;
        }

        if ((Volatile.Read(ref session) ?? await OpenOnceAsync(replica, without)) is not { } current)
        {
            return false;
        }

        foreach (var command in without)
        {
            command.Sequence = current.TakeSequence();
            command.Session = current;
        }

        return true;
    }

    private Task<SiloSession?> OpenOnceAsync(ReplicaSlot replica, List<PendingCommand> commands)
    {
        lock (gate)
        {
            return opening is { IsCompleted: false } ? opening : opening = OpenAsync(replica, commands);
        }
    }

    private async Task<SiloSession?> OpenAsync(ReplicaSlot replica, List<PendingCommand> commands)
    {
        var deadline = clock.Now + (long)submitTimeout.TotalMilliseconds;
        SiloSession? opened = null;
        var request = CommandEnvelopeCodec.EncodeOpenSession(deadline);
        await SendAsync(replica, [request], null, replies => opened = TakeSession(replica, commands, replies[0]));
        return opened;
    }

    private SiloSession? TakeSession(ReplicaSlot replica, List<PendingCommand> commands, in Reply reply)
    {
        if (reply.Kind == ReplyKind.Committed)
        {
            leader.Confirm(replica);
            var opened = new SiloSession(reply.Entry.Index);
            Volatile.Write(ref session, opened);
            return opened;
        }

        var left = new List<PendingCommand>();
        foreach (var command in commands)
        {
            Settle(replica, command, reply.Kind == ReplyKind.Unknown ? NotOpened : reply, left);
        }

        return null;
    }
}
