namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>Bounds that decide what calls answer: the same for ever, and on every replica.</summary>
internal static class GrainLimits
{
    /// <summary>The most bytes of the result of a call, or of what it throws.</summary>
    public const int ResultBytesMax = 1024 * 1024;

    /// <summary>The most bytes of the state of one key.</summary>
    public const int StateBytesMax = 16 * 1024 * 1024;

    /// <summary>How deep calls within one entry may call one another: far from what a stack holds.</summary>
    public const int DepthMax = 32;
}
