using OrleansRaft.Core;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// Finds the messages that may wait and go with what is sent next: the notice that an entry is committed, and an answer that only repeats the one
/// before it. They are half of the messages of a lone command.
/// </summary>
/// <remarks>
/// The first message of its kind never waits: a heartbeat has a new number, an acknowledgement another entry. An answer that is sent again because
/// the first was lost may wait, too. On the replica's turn.
/// </remarks>
internal sealed class DeferrableMessages
{
    private readonly Dictionary<ReplicaId, (Term Term, ReadSequence Round)> asked = [];
    private readonly Dictionary<ReplicaId, AppendEntriesResponse> answered = [];

    /// <summary>Whether the message may wait. Call it once for each message, in the order in which they are sent.</summary>
    public bool IsNotice(ReplicaId to, Message message)
    {
        switch (message)
        {
            case AppendEntries append:
                var round = (append.Term, append.ReadSequence);
                var isKnown = asked.TryGetValue(to, out var last) && last == round;
                asked[to] = round;
                return isKnown && append.Block.Count == 0;
            case AppendEntriesResponse { Accepted: true } answer:
                // Each tells the time; the answers to heartbeats tell it often enough.
                var isRepeated = answered.TryGetValue(to, out var before) && before == answer with { Clock = before.Clock };
                answered[to] = answer;
                return isRepeated;
            default:
                return false;
        }
    }
}
