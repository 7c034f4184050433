namespace OrleansRaft.Runtime.Sessions;

/// <summary>How many request ids belong to whom. Follows from the ids, so it is part of no snapshot.</summary>
/// <remarks>Whose an id is, was asked when it came: counting asks nobody's code, since leaders count on the turn that steps Raft.</remarks>
internal sealed class ScopeCounts
{
    private readonly Dictionary<byte[], Share> shares = new(ByteStringComparer.Instance);

    /// <summary>How many ids a party has; 0 for nobody's, an empty <paramref name="scope"/>.</summary>
    public int CountOf(ReadOnlySpan<byte> scope) =>
        !scope.IsEmpty && shares.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(scope, out var share) ? share.Ids : 0;

    /// <summary>Counts one more id of a party.</summary>
    /// <returns>Where it was counted, for <see cref="Remove"/>; null when it is nobody's.</returns>
    public Share? Add(ReadOnlySpan<byte> scope)
    {
        if (scope.IsEmpty)
        {
            return null;
        }

        var byScope = shares.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!byScope.TryGetValue(scope, out var share))
        {
            share = new Share(scope.ToArray());
            shares.Add(share.Scope, share);
        }

        share.Ids++;
        return share;
    }

    /// <summary>Counts one id less.</summary>
    /// <param name="share">What <see cref="Add"/> gave for it.</param>
    public void Remove(Share? share)
    {
        if (share is not null && --share.Ids == 0)
        {
            shares.Remove(share.Scope);
        }
    }

    /// <summary>The ids of one party.</summary>
    /// <param name="scope">The party.</param>
    internal sealed class Share(byte[] scope)
    {
        /// <summary>The party.</summary>
        public byte[] Scope { get; } = scope;

        /// <summary>How many ids it has.</summary>
        public int Ids { get; set; }
    }
}
