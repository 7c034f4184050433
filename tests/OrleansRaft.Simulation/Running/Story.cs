using OrleansRaft.Core;
using OrleansRaft.Lab;

namespace OrleansRaft.Simulation.Running;

/// <summary>Writes down what happens, for people: the last lines before a failure are kept.</summary>
internal sealed class Story(LabClock clock)
{
    private const int LinesMax = 400;

    private readonly Queue<string> lines = new();

    public IReadOnlyList<string> Lines => [.. lines];

    public void Tell(string what)
    {
        lines.Enqueue($"{clock.Now.TotalSeconds,9:0.0000}s {what}");
        if (lines.Count > LinesMax)
        {
            lines.Dequeue();
        }
    }

    public void Tell(LabEvent what)
    {
        switch (what)
        {
            case LabMessageSent { Message: AppendEntries { Block.Count: 0 } or AppendEntriesResponse { Accepted: true } }:
                break;
            case LabMessageSent sent:
                Tell($"{sent.Group}: {sent.From} -> {sent.To}: {Describe(sent.Message)}");
                break;
            case LabRoleChanged changed:
                Tell($"{changed.Group}: {changed.Replica} is {changed.Role} in term {changed.Term}");
                break;
            case LabCommitted committed:
                Tell($"{committed.Group}: {committed.Replica} knows {committed.CommitIndex} committed");
                break;
            case LabReplicaEvent replica:
                Tell($"{replica.Group}: {replica.Replica} {replica.What}");
                break;
        }
    }

    private static string Describe(Message message) => message switch
    {
        AppendEntries append => $"AppendEntries term {append.Term}, {append.Block}, commit {append.LeaderCommit}",
        AppendEntriesResponse response => $"refuses AppendEntries in term {response.Term}, hint {response.Match}",
        InstallSnapshot install => $"InstallSnapshot term {install.Term}, {install.Snapshot.LastIncluded} from byte {install.Offset}",
        _ => message.ToString(),
    };
}
