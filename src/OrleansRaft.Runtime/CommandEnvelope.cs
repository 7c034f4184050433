using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>A command on its way into the log, with what makes a repetition recognisable.</summary>
/// <remarks>
/// Exactly one of two ways: a <see cref="RequestId"/> that the client chose, remembered for the whole retention; or a <see cref="Session"/> with a sequence
/// number, remembered until the session says that it has the answer (thesis §6.3).
/// </remarks>
/// <param name="Key">The key by which the client chose the group.</param>
/// <param name="Body">The encoded command.</param>
/// <param name="Deadline">The group's time after which the command is refused; so a delayed duplicate cannot outlive its id.</param>
/// <param name="RequestId">The client's own id, 1 to 512 characters; empty when a session is used.</param>
/// <param name="Session">The session: the index at which it was opened; zero when a request id is used.</param>
/// <param name="Sequence">The command's number in its session, from 1.</param>
/// <param name="AnsweredBelow">All sequence numbers below this have been answered to the client; their results may be forgotten.</param>
public readonly record struct CommandEnvelope(
    string Key,
    ReadOnlyMemory<byte> Body,
    LogTime Deadline,
    string RequestId,
    LogIndex Session,
    long Sequence,
    long AnsweredBelow);
