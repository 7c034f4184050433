namespace OrleansRaft.Runtime;

/// <summary>The meter and the activity source of the library, both named <c>OrleansRaft</c>.</summary>
public sealed class RaftMetrics
{
}
