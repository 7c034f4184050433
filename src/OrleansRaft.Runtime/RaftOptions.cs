namespace OrleansRaft.Runtime;

/// <summary>The section <c>Raft</c> of a silo's configuration.</summary>
public sealed class RaftOptions
{
}
