namespace OrleansRaft.Grains.Faults;

/// <summary>The section <c>Faults</c> of a silo's configuration: whether the running cluster may be broken on purpose.</summary>
internal sealed class FaultOptions
{
    /// <summary>The name of the configuration section.</summary>
    public const string SectionName = "Faults";

    /// <summary>
    /// Whether faults can be put into this silo. Whoever reaches its API can then stop groups for a while, so leave it off where that matters.
    /// </summary>
    /// <value>The default is <see langword="false"/>.</value>
    public bool Enabled { get; set; }
}
