using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.SiloService;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>Tries commands on the replica that is thought to lead a group, and says which of them to try again.</summary>
internal sealed class CommandAttempts(ReplicaRequests requests, LeaderFinder leader, GroupClock clock, TimeSpan submitTimeout)
{
    // Whether the session was opened may be open; whether the commands were applied is not: they were never sent.
    private static readonly Reply NotOpened = Reply.Rejected(RejectionReason.NoLeader, null, 1_000, "No session could be opened in time; try again.");

    private readonly Lock gate = new();
    private Task<SiloSession?>? opening;
    private SiloSession? session;

    /// <summary>Makes one attempt.</summary>
    /// <returns>The commands that have no final answer yet.</returns>
    public async Task<List<PendingCommand>> TryAsync(List<PendingCommand> batch)
    {
        if (leader.Next() is not { } replica || !await AssignSessionAsync(replica, batch) || await SendAsync(replica, Encode(batch), batch) is not { } replies)
        {
            return batch.FindAll(static command => !command.Answer.IsCompleted);
        }

        var left = new List<PendingCommand>();
        for (var index = 0; index < batch.Count; index++)
        {
            Settle(replica, batch[index], replies[index], left);
        }

        return left;
    }

    private async Task<Reply[]?> SendAsync(ReplicaSlot replica, ReadOnlyMemory<byte>[] envelopes, List<PendingCommand>? batch)
    {
        try
        {
            batch?.ForEach(static command => command.WasSent = true);
            if (await requests.SubmitAsync(replica, envelopes, batch?.Max(static command => command.ExpiresAt) ?? 0) is not { } answer)
            {
                leader.Distrust(replica);
                return null;
            }

            if (Array.Exists(answer.Replies, static reply => reply is { Kind: ReplyKind.Rejected, Reason: RejectionReason.Expired }))
            {
                clock.Correct(answer.Time);
            }
            else
            {
                clock.Observe(answer.Time);
            }

            return answer.Replies;
        }
        catch (Exception)
        {
            // Time-outs and whatever Orleans throws say nothing of whether the commands were applied.
            leader.Distrust(replica);
            foreach (var command in batch ?? [])
            {
                command.WasUnknown = true;
            }

            return null;
        }
    }

    private ReadOnlyMemory<byte>[] Encode(List<PendingCommand> batch)
    {
        var deadline = clock.Now + (long)submitTimeout.TotalMilliseconds;
        var envelopes = new ReadOnlyMemory<byte>[batch.Count];
        for (var index = 0; index < envelopes.Length; index++)
        {
            var command = batch[index];
            envelopes[index] = CommandEnvelopeCodec.Encode(command.Session is { } opened
                ? CommandEnvelope.ForSession(command.Key, command.Body, deadline, opened.Id, command.Sequence, opened.AnsweredBelow)
                : CommandEnvelope.ForRequest(command.Key, command.Body, deadline, command.RequestId));
        }

        return envelopes;
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
        if (await SendAsync(replica, [CommandEnvelopeCodec.EncodeOpenSession(deadline)], null) is not [var reply])
        {
            return null;
        }

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
