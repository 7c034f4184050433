using OrleansRaft.Core;

namespace OrleansRaft.Runtime;

/// <summary>A command on its way into the log, with what makes a repetition recognisable.</summary>
/// <remarks>
/// Exactly one of two ways: a <see cref="RequestId"/> that the client chose, remembered for the whole retention; or a <see cref="Session"/> with a
/// sequence number, remembered until the session says that it has the answer (thesis §6.3).
/// </remarks>
/// <param name="Key">The key by which the client chose the group; at most <see cref="KeyLengthMax"/> characters.</param>
/// <param name="Body">The encoded command.</param>
/// <param name="Deadline">The group's time after which the command is refused; so a delayed duplicate cannot outlive its id.</param>
/// <param name="RequestId">The client's own id, 1 to <see cref="RequestIdLengthMax"/> characters; empty when a session is used.</param>
/// <param name="Session">The session: the index at which it was opened; zero when a request id is used.</param>
/// <param name="Sequence">The command's number in its session, from 1.</param>
/// <param name="AnsweredBelow">All sequence numbers below this have been answered to the client; their results may be forgotten. At most
/// <paramref name="Sequence"/>.</param>
internal readonly record struct CommandEnvelope(
    string Key,
    ReadOnlyMemory<byte> Body,
    LogTime Deadline,
    string RequestId,
    LogIndex Session,
    long Sequence,
    long AnsweredBelow)
{
    /// <summary>The longest key, in characters.</summary>
    public const int KeyLengthMax = 1_024;

    /// <summary>The longest request id, in characters.</summary>
    public const int RequestIdLengthMax = 512;

    /// <summary>The version of the state machine that the command needs: the lowest that reads it without loss.</summary>
    public int Needs { get => field == 0 ? MachineVersions.Initial : field; init => field = value == MachineVersions.Initial ? 0 : value; }

    /// <summary>
    /// What makes the command the same request when it is encoded in other bytes, see <see cref="StateMachines.CommandIdentity"/>; null where the
    /// bytes tell. Only of commands with a request id.
    /// </summary>
    public ulong? Identity { get; init; }

    /// <summary>The key by which the client chose the group; empty in a default value.</summary>
    public string Key { get => field ?? ""; init; } = Key;

    /// <summary>The client's own id; empty when a session is used.</summary>
    public string RequestId { get => field ?? ""; init; } = RequestId;

    /// <summary>A command under a request id that the client chose.</summary>
    public static CommandEnvelope ForRequest(string key, ReadOnlyMemory<byte> body, LogTime deadline, string requestId) =>
        new(key, body, deadline, requestId, LogIndex.Zero, 0, 0);

    /// <summary>A command of a registered session.</summary>
    public static CommandEnvelope ForSession(
        string key, ReadOnlyMemory<byte> body, LogTime deadline, LogIndex session, long sequence, long answeredBelow) =>
        new(key, body, deadline, "", session, sequence, answeredBelow);
}
