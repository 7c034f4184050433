using System.Diagnostics;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Grains.Transport;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Grains.Routing;

/// <summary>
/// Traces commands of this silo: a span for each from its arrival to its answer, and word to the silos of the group's replicas, which add what these
/// do. Costs a look at a field while nobody listens.
/// </summary>
internal sealed class TracedCommands(RaftMetrics metrics, SiloClient<ITraceService> client, ILocalSiloDetails self)
{
    /// <summary>Begins the span of a command; null while nobody listens.</summary>
    public static Activity? Begin(GroupEntry group)
    {
        if (!RaftMetrics.Activities.HasListeners())
        {
            return null;
        }

        var current = Activity.Current;
        var span = RaftMetrics.Activities.StartActivity("raft.submit", ActivityKind.Client);
        span?.SetTag("raft.group", group.Name);
        Activity.Current = current;
        return span;
    }

    /// <summary>Ends the span of a command.</summary>
    public static void End(Activity? span, in Reply reply)
    {
        if (span is null)
        {
            return;
        }

        if (reply.Kind == ReplyKind.Committed)
        {
            span.SetTag("raft.term", reply.Entry.Term.Value);
            span.SetTag("raft.index", reply.Entry.Index.Value);
        }
        else
        {
            span.SetTag("error.type", reply.Kind == ReplyKind.Rejected ? reply.Reason.ToString() : "Unknown");
            span.SetStatus(ActivityStatusCode.Error, reply.Detail);
        }

        var current = Activity.Current;
        span.Stop();
        Activity.Current = current;
    }

    /// <summary>Tells whoever has a replica of a group which of the commands that are about to be sent are traced.</summary>
    public void Tell(GroupEntry group, List<PendingCommand> batch, ReadOnlyMemory<byte>[] envelopes)
    {
        if (!batch.Exists(static command => command.Span is { Recorded: true }))
        {
            return;
        }

        var (commands, parents) = (new List<ulong>(), new List<string>());
        for (var place = 0; place < batch.Count; place++)
        {
            if (batch[place].Span is { Recorded: true, Id: { } parent } span)
            {
                var command = CommandTraces.IdOf(envelopes[place].Span);
                metrics.Traces.Add(command, span.Context);
                commands.Add(command);
                parents.Add(parent);
            }
        }

        var others = group.Configuration.Members
            .Select(member => group.Find(member.Id)?.Silo)
            .OfType<SiloAddress>()
            .Distinct()
            .Where(silo => !silo.Equals(self.SiloAddress));
        foreach (var silo in others)
        {
            try
            {
                client.Reach(silo).NoteAsync([.. commands], [.. parents]).Ignore();
            }
            catch (Exception failure) when (failure is LinkCutException or SiloUnavailableException)
            {
                // Its part in the trace is missing, and nothing else.
                continue;
            }
        }
    }
}
