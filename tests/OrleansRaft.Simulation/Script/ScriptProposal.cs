using OrleansRaft.Core;

namespace OrleansRaft.Simulation.Script;

/// <summary>What a script asks a node to append. A follower hands it on to its leader.</summary>
internal abstract record ScriptProposal;

internal sealed record CommandProposal(ReadOnlyMemory<byte> Data) : ScriptProposal
{
    public static CommandProposal Empty { get; } = new(ReadOnlyMemory<byte>.Empty);
}

internal enum ScriptChangeKind
{
    Voter,
    Learner,
    Remove,
    Update,
}

/// <param name="Changes">What to change, in order; empty to leave a joint configuration.</param>
/// <param name="Transition">Null: through a joint configuration if there is more than one change.</param>
internal sealed record ChangeProposal(IReadOnlyList<(ScriptChangeKind Kind, ReplicaId Node)> Changes, JointTransition? Transition) : ScriptProposal
{
    public JointTransition CoreTransition => Transition ?? (Changes.Count > 1 ? JointTransition.Implicit : JointTransition.Automatic);

    /// <summary>
    /// Says the changes as Core does, which takes each replica once and refuses what changes nothing: the last word on a replica counts, and removing
    /// a stranger or updating a member becomes the member's confirmation in its place.
    /// </summary>
    public IReadOnlyList<MemberChange> For(Configuration current)
    {
        if (Changes.Count == 0)
        {
            return [];
        }

        var changes = new SortedDictionary<ReplicaId, MemberChangeKind>();
        foreach (var (kind, node) in Changes)
        {
            changes.Remove(node);
            if (CoreKind(kind, node, current) is { } change)
            {
                changes[node] = change;
            }
        }

        if (changes.Count == 0)
        {
            changes[current.Voters[0]] = MemberChangeKind.AddVoter;
        }

        return [.. changes.Select(change => new MemberChange(change.Value, change.Key))];
    }

    private static MemberChangeKind? CoreKind(ScriptChangeKind kind, ReplicaId node, Configuration current) => kind switch
    {
        ScriptChangeKind.Voter => MemberChangeKind.AddVoter,
        ScriptChangeKind.Learner => MemberChangeKind.AddLearner,
        ScriptChangeKind.Remove => current.Contains(node) ? MemberChangeKind.Remove : null,
        _ => null,
    };
}
