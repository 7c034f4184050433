using System.Diagnostics;

namespace OrleansRaft.Runtime.Driving;

/// <summary>Spans that begin on a caller's thread and end on the replica's turn, without becoming the current span of either.</summary>
internal static class Spans
{
    public static Activity? Begin(string name, ReplicaKey replica, int commands)
    {
        if (!RaftMetrics.Activities.HasListeners())
        {
            return null;
        }

        var current = Activity.Current;
        var span = RaftMetrics.Activities.StartActivity(name);
        span?.SetTag("raft.group", replica.Group);
        span?.SetTag("raft.replica", replica.Replica.Value);
        span?.SetTag("raft.commands", commands);
        Activity.Current = current;
        return span;
    }

    public static void End(Activity? span)
    {
        if (span is not null)
        {
            var current = Activity.Current;
            span.Stop();
            Activity.Current = current;
        }
    }
}
