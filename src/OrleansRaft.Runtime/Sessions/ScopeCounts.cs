namespace OrleansRaft.Runtime.Sessions;

/// <summary>How many request ids belong to whom. Follows from the ids, so it is part of no snapshot.</summary>
/// <remarks>Whose an id is, was asked when it came: counting asks nobody's code, since leaders count on the turn that steps Raft.</remarks>
internal sealed class ScopeCounts
{
    /// <summary>Stands for nobody.</summary>
    public const int Nobody = 0;

    private readonly Dictionary<byte[], int> numbers = new(ByteStringComparer.Instance);

    // By number; that of nobody is taken by nothing.
    private readonly List<Share> shares = [default];
    private readonly Stack<int> free = new();

    /// <summary>How many ids a party has; 0 for nobody's, an empty <paramref name="scope"/>.</summary>
    public int CountOf(ReadOnlySpan<byte> scope) =>
        !scope.IsEmpty && numbers.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(scope, out var number) ? shares[number].Ids : 0;

    /// <summary>Counts one more id of a party.</summary>
    /// <returns>The party's number as long as it has ids, for <see cref="Remove"/>.</returns>
    public int Add(ReadOnlySpan<byte> scope)
    {
        if (scope.IsEmpty)
        {
            return Nobody;
        }

        if (!numbers.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(scope, out var number))
        {
            number = Begin(scope.ToArray());
        }

        shares[number] = shares[number] with { Ids = shares[number].Ids + 1 };
        return number;
    }

    /// <summary>Counts one id less.</summary>
    /// <param name="number">What <see cref="Add"/> gave for it.</param>
    public void Remove(int number)
    {
        if (number == Nobody)
        {
            return;
        }

        var left = shares[number] with { Ids = shares[number].Ids - 1 };
        shares[number] = left.Ids == 0 ? default : left;
        if (left.Ids == 0)
        {
            numbers.Remove(left.Scope);
            free.Push(number);
        }
    }

    private int Begin(byte[] scope)
    {
        if (!free.TryPop(out var number))
        {
            number = shares.Count;
            shares.Add(default);
        }

        numbers.Add(scope, number);
        shares[number] = new Share(scope, 0);
        return number;
    }

    /// <summary>The ids of one party.</summary>
    /// <param name="Scope">The party.</param>
    /// <param name="Ids">How many ids it has.</param>
    private readonly record struct Share(byte[] Scope, int Ids);
}
