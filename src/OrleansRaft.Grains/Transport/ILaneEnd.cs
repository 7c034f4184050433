namespace OrleansRaft.Grains;

/// <summary>What a lane needs of the network.</summary>
internal interface ILaneEnd
{
    /// <summary>Hands a batch over to another silo, and waits a moment for its acknowledgement.</summary>
    /// <param name="target">The other silo.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="count">How many messages it holds.</param>
    /// <returns>Which frames found nobody.</returns>
    /// <exception cref="TimeoutException">No acknowledgement came in time; others may be thrown as well.</exception>
    Task<byte[]> ExchangeAsync(SiloAddress target, byte[] batch, int count);

    /// <summary>What was sent may be lost. Waits a little, so that a silo that refuses at once is not asked without pause.</summary>
    Task RestAsync(SiloAddress target);
}
