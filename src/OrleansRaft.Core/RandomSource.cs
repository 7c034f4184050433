namespace OrleansRaft.Core;

/// <summary>A seeded source of numbers (SplitMix64): the same seed gives the same numbers on every machine, for ever.</summary>
/// <param name="seed">Any value; replicas of one group need different ones.</param>
internal sealed class RandomSource(ulong seed)
{
    private ulong state = seed;

    /// <summary>A number of at least <paramref name="minimum"/> and less than <paramref name="limit"/>.</summary>
    public int Next(int minimum, int limit)
    {
        Invariant.Holds(minimum < limit, "a range holds at least one number");
        return minimum + (int)(NextBits() % (ulong)(limit - minimum));
    }

    /// <summary>64 fresh bits.</summary>
    public ulong NextBits()
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var mixed = state;
            mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
            return mixed ^ (mixed >> 31);
        }
    }
}
