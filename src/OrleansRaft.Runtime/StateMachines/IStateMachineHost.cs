using OrleansRaft.Core;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>A state machine behind its codecs and session tables: bytes in, bytes out.</summary>
public interface IStateMachineHost
{
    /// <summary>The last entry whose effects the state machine holds.</summary>
    LogIndex AppliedIndex { get; }
}
