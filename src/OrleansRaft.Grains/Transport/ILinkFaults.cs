namespace OrleansRaft.Grains.Transport;

/// <summary>Which links from this silo to others are broken on purpose. Any thread.</summary>
internal interface ILinkFaults
{
    /// <summary>Whether the link to a silo is cut. The link back is the other silo's.</summary>
    bool IsCut(SiloAddress target);

    /// <summary>How much longer batches to a silo take; zero unless a fault delays them.</summary>
    TimeSpan DelayTo(SiloAddress target);
}

/// <summary>A fault cuts the link to a silo, so nothing was sent.</summary>
internal sealed class LinkCutException(string silo) : TimeoutException($"The link to {silo} is cut.");
