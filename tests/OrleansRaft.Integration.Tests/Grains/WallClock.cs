namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>The wall clock by which a silo's replicas tell the time, which can be set wrong; time passes as it does.</summary>
public sealed class WallClock : TimeProvider
{
    private long offset;

    /// <summary>How far it is ahead.</summary>
    public TimeSpan Offset { get => new(Volatile.Read(ref offset)); set => Volatile.Write(ref offset, value.Ticks); }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
}
