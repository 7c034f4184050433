namespace OrleansRaft.Core;

/// <summary>What a majority agrees on, in simple and in joint configurations (§5.3, §6).</summary>
internal static class Quorum
{
    /// <summary>How many of <paramref name="voters"/> are a majority.</summary>
    public static int Size(int voters) => (voters / 2) + 1;

    /// <summary>
    /// The greatest value that a majority of the voters has reached; while the configuration is joint, that a majority of both sets has reached.
    /// </summary>
    /// <param name="configuration">Who votes.</param>
    /// <param name="reached">What one voter has reached.</param>
    public static long Reached(Configuration configuration, Func<ReplicaId, long> reached)
    {
        var value = Reached(configuration.Voters.AsSpan(), reached);
        return configuration.IsJoint
            ? Math.Min(value, Reached(configuration.OutgoingVoters.AsSpan(), reached))
            : value;
    }

    /// <summary>Counts votes.</summary>
    /// <param name="configuration">Who votes.</param>
    /// <param name="voteOf">One voter's answer; null while it has not answered.</param>
    public static VoteResult Count(Configuration configuration, Func<ReplicaId, bool?> voteOf)
    {
        var result = Count(configuration.Voters.AsSpan(), voteOf);
        if (!configuration.IsJoint)
        {
            return result;
        }

        var outgoing = Count(configuration.OutgoingVoters.AsSpan(), voteOf);
        return result == outgoing ? result
            : result == VoteResult.Lost || outgoing == VoteResult.Lost ? VoteResult.Lost
            : VoteResult.Pending;
    }

    private static long Reached(ReadOnlySpan<ReplicaId> voters, Func<ReplicaId, long> reached)
    {
        Span<long> values = voters.Length <= 16 ? stackalloc long[voters.Length] : new long[voters.Length];
        for (var i = 0; i < voters.Length; i++)
        {
            values[i] = reached(voters[i]);
        }

        values.Sort();
        return values[^Size(voters.Length)];
    }

    private static VoteResult Count(ReadOnlySpan<ReplicaId> voters, Func<ReplicaId, bool?> voteOf)
    {
        var (granted, refused) = (0, 0);
        foreach (var voter in voters)
        {
            switch (voteOf(voter))
            {
                case true:
                    granted++;
                    break;
                case false:
                    refused++;
                    break;
            }
        }

        var needed = Size(voters.Length);
        return granted >= needed ? VoteResult.Won
            : voters.Length - refused < needed ? VoteResult.Lost
            : VoteResult.Pending;
    }
}

/// <summary>How an election stands.</summary>
internal enum VoteResult
{
    /// <summary>Votes that could decide it are missing.</summary>
    Pending = 0,

    /// <summary>A majority granted its vote.</summary>
    Won = 1,

    /// <summary>A majority can no longer be had.</summary>
    Lost = 2,
}
