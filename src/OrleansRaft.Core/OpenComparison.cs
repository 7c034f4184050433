namespace OrleansRaft.Core;

/// <summary>
/// A comparison of a leader: first it waits for the digests of all members, then those that must know the result for their acknowledgement.
/// </summary>
/// <param name="entry">The entry of the comparison.</param>
/// <param name="configuration">The configuration at that entry: the comparison ends with it.</param>
internal sealed class OpenComparison(EntryId entry, Configuration configuration)
{
    // Null: it said that it makes none.
    private readonly Dictionary<ReplicaId, StateDigest?> answers = [];

    public EntryId Entry => entry;

    public Configuration Configuration => configuration;

    /// <summary>How long it has been waiting: for digests, then for acknowledgements.</summary>
    public int Ticks { get; set; }

    /// <summary>What came of it; null while digests are awaited.</summary>
    public Comparison? Result { get; private set; }

    /// <summary>Members that have not acknowledged the result, and must know it.</summary>
    public HashSet<ReplicaId> Untold { get; } = [];

    public bool IsAnsweredBy(ReplicaId member) => answers.ContainsKey(member);

    public bool IsAnsweredByAll => configuration.Members.All(member => answers.ContainsKey(member.Id));

    /// <summary>Notes a member's digest; one that said before that it makes none may have made one at last.</summary>
    public void Answer(ReplicaId member, StateDigest? digest)
    {
        if (configuration.Contains(member) && (digest is not null || !answers.ContainsKey(member)))
        {
            answers[member] = digest;
        }
    }

    public Comparison Conclude()
    {
        Ticks = 0;
        Result = new Comparison(entry, [.. configuration.Members.Select(DigestOf)]);
        return Result;
    }

    private MemberDigest DigestOf(Member member)
    {
        var hasAnswered = answers.TryGetValue(member.Id, out var digest);
        return new MemberDigest(member.Id, configuration.IsVoter(member.Id), digest, hasAnswered && digest is null);
    }
}
