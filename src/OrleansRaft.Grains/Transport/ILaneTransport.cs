namespace OrleansRaft.Grains.Transport;

/// <summary>What a lane needs of the network.</summary>
internal interface ILaneTransport
{
    /// <summary>Hands a batch over to another silo, and waits a moment for its acknowledgement.</summary>
    /// <param name="target">The other silo.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="count">How many messages it holds.</param>
    /// <returns>Which frames were not delivered, see <see cref="LaneBatchCodec"/>.</returns>
    /// <exception cref="TimeoutException">No acknowledgement came in time; others may be thrown as well.</exception>
    Task<byte[]> ExchangeAsync(SiloAddress target, byte[] batch, int count);

    /// <summary>
    /// Whether batches to a silo may be one-way calls: its program knows how to acknowledge them, and nothing delays them. Any thread.
    /// </summary>
    bool IsOneWay(SiloAddress target);

    /// <summary>Hands a batch over to another silo, and waits for nothing.</summary>
    /// <param name="target">The other silo.</param>
    /// <param name="head">What goes before it.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="count">How many messages it holds.</param>
    /// <exception cref="LinkCutException">A fault cuts the link; others may be thrown as well, and all mean that it did not leave.</exception>
    void Send(SiloAddress target, LaneHead head, byte[] batch, int count);

    /// <summary>A batch that was a one-way call was not acknowledged in time. Any thread.</summary>
    void OnUnacknowledged(SiloAddress target);

    /// <summary><see cref="Lane.Tick"/> is to be called in 50 ms. Any thread, under the gate of the lane.</summary>
    void TickLater();

    /// <summary>Frames were lost, or may be. Their senders know. Any thread.</summary>
    void OnLost(SiloAddress target, int count, FrameLoss why);

    /// <summary>
    /// Frames that can wait are waiting: <see cref="Lane.Flush"/> is to be called in a moment. Any thread, under the gate of the lane.
    /// </summary>
    void FlushLater();

    /// <summary>What was sent may be lost. Waits a little, so that a silo that refuses at once is not asked without pause.</summary>
    Task BackOffAsync(SiloAddress target);
}

/// <summary>Why a frame was lost.</summary>
internal enum FrameLoss
{
    /// <summary>Nobody knows where its receiver lives.</summary>
    Nowhere = 0,

    /// <summary>Too much waited for the lane.</summary>
    QueueFull = 1,

    /// <summary>The silo is gone.</summary>
    SiloGone = 2,

    /// <summary>Its batch was not acknowledged in time.</summary>
    Unacknowledged = 3,

    /// <summary>Its receiver is not on the silo.</summary>
    Absent = 4,

    /// <summary>The other silo could not read it, or its receiver did not take it.</summary>
    Refused = 5,

    /// <summary>It has no binary form.</summary>
    Unwritable = 6,
}
