using OrleansRaft.Runtime;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Clients;

/// <summary>Checks what one answer says against the ledger.</summary>
internal static class Answers
{
    public static void Check(Workload workload, Operation operation, in Reply reply, RegisterResult result)
    {
        var cluster = workload.Cluster;
        if (!operation.IsWrite)
        {
            var value = workload.Ledger.ValueAt(operation.Group, operation.Key, reply.Entry.Index);
            if (value != result.Value && !workload.Ledger.IsOpen(operation.Group, operation.Key, reply.Entry.Index))
            {
                cluster.Report(
                    "a read tells the state at the index that it names", $"{operation} told {result.Value} at {reply.Entry}, where it is {value}");
            }

            if (reply.Entry.Index < operation.AtLeast)
            {
                cluster.Report("a read sees the index that it asks for", $"{operation} saw {reply.Entry} and asked for {operation.AtLeast}");
            }
        }
        else if (workload.Ledger.EntryOf(operation.Id) != reply.Entry)
        {
            cluster.Report(
                "an acknowledged command was "
                    + "applied", $"{operation} was acknowledged at {reply.Entry}, and applied at {workload.Ledger.EntryOf(operation.Id)}");
        }
        else if (operation.Status == OperationStatus.Refused)
        {
            cluster.Report("a refused command changes nothing", $"{operation} was applied at {reply.Entry}");
        }
    }
}
