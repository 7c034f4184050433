using OrleansRaft.Core;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// Tells what somebody waits for from what merely keeps up: the word that an entry is committed, and the answer to it, which says what the answer
/// before it said. They are half of the messages of a lone command, and may go with what is sent next.
/// </summary>
/// <remarks>
/// Nothing waits that is the first of its kind: a heartbeat has a new number, an acknowledgement another entry. An answer that is told once more
/// because the first was lost may wait, too. On the replica's turn.
/// </remarks>
internal sealed class ReplicaNews
{
    private readonly Dictionary<ReplicaId, (Term Term, ReadSequence Round)> asked = [];
    private readonly Dictionary<ReplicaId, AppendEntriesResponse> answered = [];

    /// <summary>Whether nobody waits for the message. To be asked once for each message, in the order in which they are sent.</summary>
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
