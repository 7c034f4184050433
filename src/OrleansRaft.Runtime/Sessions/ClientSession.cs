using OrleansRaft.Core;
using OrleansRaft.Core.Codec;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>One registered client session (thesis §6.3): the results that its client may still ask for.</summary>
/// <param name="id">The index of the entry that opened it.</param>
/// <param name="lastActive">The group's time of its last command.</param>
internal sealed class ClientSession(LogIndex id, LogTime lastActive)
{
    private readonly Dictionary<long, RequestRecord> results = [];

    public LogIndex Id { get; } = id;

    public LogTime LastActive { get; set; } = lastActive;

    /// <summary>Sequence numbers below this have been answered to the client. Invariant: no result below it is held.</summary>
    public long AnsweredBelow { get; private set; }

    public int ResultCount => results.Count;

    public IEnumerable<RequestRecord> Results => results.Values;

    public RequestRecord? Find(long sequence) => results.GetValueOrDefault(sequence);

    public void Add(long sequence, RequestRecord record) => results.Add(sequence, record);

    /// <summary>Forgets the results that the client has.</summary>
    public void Forget(long below)
    {
        if (below <= AnsweredBelow)
        {
            return;
        }

        if (below - AnsweredBelow <= results.Count)
        {
            for (var sequence = AnsweredBelow; sequence < below; sequence++)
            {
                results.Remove(sequence);
            }
        }
        else
        {
            // A client may leap by any distance: walk what is held instead of what was skipped.
            foreach (var sequence in results.Keys)
            {
                if (sequence < below)
                {
                    results.Remove(sequence);
                }
            }
        }

        AnsweredBelow = below;
    }

    public void Capture(WireWriter writer)
    {
        writer.WriteVarint(Id.Value);
        writer.WriteVarint(LastActive.Value);
        writer.WriteVarint(AnsweredBelow);
        writer.WriteVarint(results.Count);
        var sequences = new long[results.Count];
        results.Keys.CopyTo(sequences, 0);
        Array.Sort(sequences);
        foreach (var sequence in sequences)
        {
            writer.WriteVarint(sequence);
            results[sequence].Capture(writer);
        }
    }

    public static ClientSession Restore(ref WireReader reader)
    {
        const int ResultBytesMin = 12;
        var session = new ClientSession(new LogIndex(reader.ReadVarint()), new LogTime(reader.ReadVarint()))
        {
            AnsweredBelow = reader.ReadVarint(),
        };
        for (var left = reader.ReadCount(ResultBytesMin); left > 0; left--)
        {
            var sequence = reader.ReadVarint();
            if (sequence < session.AnsweredBelow || !session.results.TryAdd(sequence, RequestRecord.Restore(ref reader)))
            {
                throw new CorruptDataException($"the snapshot's session {session.Id} holds a result for sequence number {sequence} that cannot be there");
            }
        }

        return session;
    }
}
