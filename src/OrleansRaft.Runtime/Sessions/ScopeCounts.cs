using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>How many of the remembered request ids belong to whom. Follows from the table, so it is part of no snapshot.</summary>
/// <param name="scopes">Says whose an id is.</param>
internal sealed class ScopeCounts(IRequestScopes scopes)
{
    private readonly Dictionary<byte[], Count> counts = new(ByteStringComparer.Instance);

    /// <summary>How many ids the party of an id has; null for an id that belongs to nobody.</summary>
    public int? CountFor(ReadOnlySpan<byte> id) => scopes.ScopeOf(id) is { IsEmpty: false } scope
        ? counts.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(scope, out var count) ? count.Ids : 0
        : null;

    public void Add(ReadOnlySpan<byte> id)
    {
        if (scopes.ScopeOf(id) is not { IsEmpty: false } scope)
        {
            return;
        }

        var byScope = counts.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (!byScope.TryGetValue(scope, out var count))
        {
            byScope[scope] = count = new Count();
        }

        count.Ids++;
    }

    public void Remove(ReadOnlySpan<byte> id)
    {
        var byScope = counts.GetAlternateLookup<ReadOnlySpan<byte>>();
        if (scopes.ScopeOf(id) is { IsEmpty: false } scope && byScope.TryGetValue(scope, out var count) && --count.Ids == 0)
        {
            byScope.Remove(scope);
        }
    }

    private sealed class Count
    {
        public int Ids { get; set; }
    }
}
