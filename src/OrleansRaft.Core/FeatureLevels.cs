namespace OrleansRaft.Core;

/// <summary>
/// Feature levels: what programs say to each other and write into stores. A program reads every level from <see cref="Oldest"/> on, and uses a level
/// only when the whole cluster works at it.
/// </summary>
/// <remarks>A cluster's level is a fact in its store, and is never lowered. See src/EVOLUTION.md for what each level brings.</remarks>
internal static class FeatureLevels
{
    /// <summary>The oldest level that this program reads, and can write.</summary>
    public const int Oldest = 1;

    /// <summary>The newest level that this program knows.</summary>
    public const int Newest = 3;

    /// <summary>The level from which on entries have UTC stamps, and members tell their clocks.</summary>
    public const int Stamps = 2;

    /// <summary>The level from which on envelopes carry the identity of requests.</summary>
    public const int Identities = 2;

    /// <summary>The level from which on snapshots hold session tables as keyed states, and limits on bytes are replicated.</summary>
    public const int KeyedSessions = 2;

    /// <summary>The level from which on silos send each other batches one way, and acknowledge them with what goes back.</summary>
    public const int OneWayLanes = 3;
}
