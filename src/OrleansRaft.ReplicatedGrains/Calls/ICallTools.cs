using Orleans.Serialization.Cloning;
using Orleans.Serialization.Serializers;

namespace OrleansRaft.ReplicatedGrains.Calls;

/// <summary>What generated proxies ask for.</summary>
internal interface ICallTools
{
    /// <summary>The services of the silo or client.</summary>
    IServiceProvider Services { get; }

    /// <summary>Contexts for copies.</summary>
    CopyContextPool Copies { get; }

    /// <summary>Codecs and copiers.</summary>
    CodecProvider Codecs { get; }
}
