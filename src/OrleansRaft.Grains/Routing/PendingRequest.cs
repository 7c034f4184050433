using System.Diagnostics;
using OrleansRaft.Runtime;

namespace OrleansRaft.Grains.Routing;

/// <summary>A request that has no answer yet.</summary>
/// <param name="key">The key by which the client chose the group.</param>
/// <param name="request">The encoded command or query.</param>
/// <param name="expiresAt">The timestamp at which the client's side gives up.</param>
internal abstract class PendingRequest(string key, EncodedRequest request, long expiresAt)
{
    private readonly TaskCompletionSource<Reply> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The key by which the client chose the group.</summary>
    public string Key { get; } = key;

    /// <summary>The encoded command or query.</summary>
    public ReadOnlyMemory<byte> Body { get; } = request.Body;

    /// <summary>The version of the state machine that it needs.</summary>
    public int Needs { get; } = request.Needs;

    /// <summary>The timestamp at which the client's side gives up.</summary>
    public long ExpiresAt { get; } = expiresAt;

    /// <summary>The last refusal, which is the answer when time runs out.</summary>
    public Reply? LastRejection { get; set; }

    /// <summary>The answer.</summary>
    public Task<Reply> Answer => completion.Task;

    /// <summary>Gives the final answer.</summary>
    public virtual void Complete(in Reply reply) => completion.TrySetResult(reply);

    /// <summary>Gives the answer that is due when the library itself fails.</summary>
    public virtual void Fail(Exception cause) => Complete(Reply.Rejected(
        RejectionReason.Unreachable, null, 1_000, $"The request failed on its way for an unexpected reason, and changed nothing: {cause.Message}"));

    /// <summary>Gives the answer that is due when time has run out.</summary>
    public void Expire() => Complete(LastRejection is { } rejection
        ? rejection
        : Reply.Rejected(
            RejectionReason.NoLeader, null, 1_000, "No leader could be reached in time; the group elects, or has lost its majority. Try again."));
}

/// <summary>A query that has no answer yet.</summary>
internal sealed class PendingQuery(string key, EncodedRequest request, long expiresAt) : PendingRequest(key, request, expiresAt);

/// <summary>A command that has no answer yet.</summary>
internal sealed class PendingCommand(string key, EncodedRequest request, string requestId, long expiresAt) : PendingRequest(key, request, expiresAt)
{
    /// <summary>The client's own id; empty when the library's session is used.</summary>
    public string RequestId { get; } = requestId;

    /// <summary>Its span; null where nobody traces it.</summary>
    public Activity? Span { get; init; }

    /// <summary>The session under which it was first sent; null while it has none.</summary>
    public SiloSession? Session { get; set; }

    /// <summary>Its number in the session.</summary>
    public long Sequence { get; set; }

    /// <summary>What makes it the same request in other bytes; null where they tell, and without an id of the client's own.</summary>
    public ulong? Identity { get; } = requestId.Length == 0 ? null : request.Identity;

    /// <summary>Whether any attempt has begun to send it: until then it has certainly not been applied.</summary>
    public bool WasSent { get; set; }

    /// <summary>Whether any attempt left open if the command was applied. From then on a refusal of another attempt proves nothing.</summary>
    public bool WasUnknown { get; set; }

    /// <inheritdoc/>
    public override void Fail(Exception cause)
    {
        if (WasSent)
        {
            Complete(Reply.Unknown($"The request failed on its way for an unexpected reason: {cause.Message}"));
        }
        else
        {
            base.Fail(cause);
        }
    }

    /// <inheritdoc/>
    public override void Complete(in Reply reply)
    {
        Session?.Answered(Sequence);

        TracedCommands.End(Span, reply);

        // That its entry was skipped is said of the command, whichever attempt brought it into the log.
        base.Complete(WasUnknown && reply is { Kind: ReplyKind.Rejected, Reason: not RejectionReason.Skipped }
            ? Reply.Unknown($"An attempt may have been applied, and no later one could tell ({reply.Detail}) Repeat it under the same request id.")
            : reply);
    }
}
