using Orleans.Concurrency;
using Orleans.Services;

namespace OrleansRaft.Grains.Transport;

/// <summary>One silo's end of all lanes.</summary>
[Alias("raft-lane")]
internal interface ILaneService : IGrainService
{
    /// <summary>Hands over a batch of messages, requests and replies, see <see cref="LaneBatchCodec"/>.</summary>
    /// <returns>Which frames were not delivered; empty when all were.</returns>
    [Alias("exchange")]
    Task<byte[]> ExchangeAsync(SiloAddress from, [Immutable] byte[] batch);

    /// <summary>
    /// The same one way: which frames were not delivered is told by an <see cref="AcknowledgementFrame"/> on the lane back. From feature level
    /// <see cref="Core.FeatureLevels.OneWayLanes"/> on.
    /// </summary>
    [OneWay]
    [Alias("send")]
    Task SendAsync(SiloAddress from, LaneHead head, [Immutable] byte[] batch);
}
