using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.Driving;

/// <summary>The proposals of a leader that wait for their answers, in the order of the log.</summary>
/// <remarks>
/// A queue suffices: a leader only appends, so what it proposed is applied in that order, and all of it is abandoned when it loses leadership.
/// Proposals at the end may not be appended yet, but only while Core is being asked.
/// </remarks>
/// <param name="answers">Where answers go.</param>
internal sealed class PendingProposals(Answers answers)
{
    private readonly ScopeCounts byScope = new();
    private readonly Dictionary<RequestName, long> byName = [];
    private Pending[] ring = new Pending[2];
    private long head;
    private long appended;
    private long tail;

    public int UnappendedCount => (int)(tail - appended);

    public int Count => (int)(tail - head);

    /// <summary>How many of them are on their way into the table of request ids.</summary>
    public int IdCount { get; private set; }

    /// <summary>How many of those are a party's.</summary>
    public int CountOfScope(ReadOnlySpan<byte> scope) => byScope.CountOf(scope);

    /// <summary>Lets a repetition wait for the answer of the same command.</summary>
    /// <returns>Whether there was such a command.</returns>
    public bool TryJoin(in RequestName name, ulong hash, Submission submission, int place)
    {
        if (!byName.TryGetValue(name, out var position))
        {
            return false;
        }

        ref var pending = ref At(position);
        if (pending.Hash != hash)
        {
            // Another request under the same name: only its entry can tell which of the two counts.
            return false;
        }

        pending.Joined = new Waiter(submission, place, pending.Joined);
        return true;
    }

    /// <summary>Adds a proposal that Core is going to be asked for.</summary>
    /// <param name="name">By which it is known again.</param>
    /// <param name="scope">Whose its request id is; empty when it is nobody's.</param>
    /// <param name="hash">The hash of its key and body.</param>
    /// <param name="submission">Whose answer it has a place in.</param>
    /// <param name="place">Which place.</param>
    public void Add(in RequestName name, ReadOnlySpan<byte> scope, ulong hash, Submission submission, int place)
    {
        if (Count == ring.Length)
        {
            Grow();
        }

        At(tail) = new Pending { Name = name, Hash = hash, Submission = submission, Place = place, Party = byScope.Add(scope) };
        if (!name.IsNone)
        {
            byName.TryAdd(name, tail);
        }

        if (!name.Id.IsEmpty)
        {
            IdCount++;
        }

        tail++;
    }

    /// <summary>Core appended what it was asked for.</summary>
    public void OnAppended(EntryId first, int count)
    {
        Invariant.Holds(count == UnappendedCount, "Core appends a proposal whole");
        for (var offset = 0; offset < count; offset++)
        {
            At(appended++).Entry = new EntryId(first.Term, first.Index + offset);
        }
    }

    /// <summary>Core refused what it was asked for.</summary>
    public void OnRejected(in Reply reply)
    {
        // From the end, so that the queue is whole whenever somebody is answered.
        while (tail > appended)
        {
            Answer(Take(--tail), reply);
        }
    }

    /// <summary>An entry was applied.</summary>
    public void OnApplied(EntryId entry, in Reply reply)
    {
        while (head < appended && At(head).Entry.Index <= entry.Index)
        {
            var pending = Take(head++);
            Answer(pending, pending.Entry == entry ? reply : Reply.Unknown("Another entry was applied in the command's place."));
        }
    }

    /// <summary>
    /// Answers everything that waits: what was appended by <paramref name="forAppended"/>, the rest by <paramref name="forOthers"/>.
    /// </summary>
    public void Abandon(in Reply forAppended, in Reply forOthers)
    {
        while (head < appended)
        {
            Answer(Take(head++), forAppended);
        }

        OnRejected(forOthers);
    }

    private void Answer(in Pending pending, in Reply reply)
    {
        answers.Answer(pending.Submission, pending.Place, reply);
        for (var waiter = pending.Joined; waiter is not null; waiter = waiter.Next)
        {
            answers.Answer(waiter.Submission, waiter.Place, reply);
        }
    }

    private Pending Take(long position)
    {
        ref var slot = ref At(position);
        var pending = slot;
        slot = default;
        if (!pending.Name.Id.IsEmpty)
        {
            IdCount--;
        }

        byScope.Remove(pending.Party);

        if (!pending.Name.IsNone && byName.TryGetValue(pending.Name, out var named) && named == position)
        {
            byName.Remove(pending.Name);
        }

        return pending;
    }

    private ref Pending At(long position) => ref ring[position & (ring.Length - 1)];

    private void Grow()
    {
        var larger = new Pending[2 * ring.Length];
        for (var position = head; position < tail; position++)
        {
            larger[position & (larger.Length - 1)] = At(position);
        }

        ring = larger;
    }

    private struct Pending
    {
        public RequestName Name;
        public ulong Hash;
        public EntryId Entry;
        public Submission Submission;
        public int Place;
        public Waiter? Joined;
        public int Party;
    }

    private sealed record Waiter(Submission Submission, int Place, Waiter? Next);
}
