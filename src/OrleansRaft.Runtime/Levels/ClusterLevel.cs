using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Levels;

/// <summary>The feature level at which the cluster works, as far as one silo knows; see <see cref="FeatureLevels"/>. Any thread.</summary>
/// <param name="newest">The newest level that this silo's program supports.</param>
/// <param name="inForce">What is known to begin with.</param>
internal sealed class ClusterLevel(int newest, int inForce)
{
    private int inForce = inForce;

    /// <summary>The newest level that this silo's program supports.</summary>
    public int Newest { get; } = newest;

    /// <summary>The level at which the cluster works: nothing of a later one is written or sent. It is never lowered.</summary>
    public int InForce => Volatile.Read(ref inForce);

    /// <summary>Learns at which level the cluster works.</summary>
    /// <param name="level">The level that a store or another silo told.</param>
    /// <returns>Whether it was raised; an earlier level than is known is old news.</returns>
    public bool Learn(int level)
    {
        var known = InForce;
        while (level > known)
        {
            var before = Interlocked.CompareExchange(ref inForce, level, known);
            if (before == known)
            {
                return true;
            }

            known = before;
        }

        return false;
    }
}
