using Orleans.Runtime;

namespace OrleansRaft.Cli.Serve.Membership;

/// <summary>
/// The number that tells the lives of a silo apart. Orleans takes the wall clock's seconds for it, and a silo that finds a greater number under its address takes itself for the older one
/// and ends: after the clock was put back, at every start. So it is the clock's, but always above those that the membership table knows.
/// </summary>
internal sealed class SiloGeneration
{
    private readonly int clock = SiloAddress.AllocateNewGeneration();
    private int floor;

    /// <summary>A number was seen in the table.</summary>
    /// <returns>Whether the clock is behind it.</returns>
    public bool Note(int generation)
    {
        floor = Math.Max(floor, generation);
        return generation >= clock;
    }

    /// <summary>The number of this life.</summary>
    public int Next() => Math.Max(floor + 1, clock);
}
