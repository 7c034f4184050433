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
                Tell($"{changed.Group}: {changed.Replica} is {Describe(changed.Role)} in term {changed.Term}");
                break;
            case LabCommitted committed:
                Tell($"{committed.Group}: {committed.Replica} knows that everything to {committed.CommitIndex} is committed");
                break;
            case LabReplicaEvent replica:
                Tell($"{replica.Group}: {replica.Replica} {replica.What}");
                break;
        }
    }

    private static string Describe(RaftRole role) => role switch
    {
        RaftRole.Leader => "leader",
        RaftRole.Follower => "a follower",
        RaftRole.PreCandidate => "asking whether it could win",
        _ => "a candidate",
    };

    /// <summary>Entries are named by term and index, as 3.17.</summary>
    private static string Describe(Message message) => message switch
    {
        PreVote ask => $"would you vote for me in term {ask.Term}? my log ends at {ask.LastEntry}",
        PreVoteResponse { Granted: true } answer => $"I would, in term {answer.Term}",
        PreVoteResponse answer => $"I would not; my term is {answer.Term}",
        RequestVote ask => $"vote for me in term {ask.Term}; my log ends at {ask.LastEntry}{(ask.IsTransfer ? "; our leader hands over" : "")}",
        RequestVoteResponse { Granted: true } answer => $"you have my vote in term {answer.Term}",
        RequestVoteResponse answer => $"you do not have my vote in term {answer.Term}",
        AppendEntries append => $"in term {append.Term}, append {Describe(append.Block)}; {append.LeaderCommit} is committed",
        AppendEntriesResponse answer => $"in term {answer.Term}, I have no entry {answer.Rejected} like that; try {answer.Match}",
        InstallSnapshot install =>
            $"in term {install.Term}, a snapshot of {install.Snapshot.LastIncluded}, from byte "
                + $"{install.Offset}{(install.IsLast ? " to its end" : "")}",
        InstallSnapshotResponse { IsInstalled: true } answer => $"the snapshot of {answer.LastIncluded} is installed",
        InstallSnapshotResponse answer => $"of the snapshot of {answer.LastIncluded} I want byte {answer.NextOffset} next",
        TimeoutNow now => $"in term {now.Term}, stand for election at once",
        Quiesce sleep => $"in term {sleep.Term}, sleep; the log ends at {sleep.LastEntry}",
        SnapshotRequest ask => $"I have no state; I need a snapshot through {ask.Through} or a later entry",
        ComparisonRequest { Verdict: { } verdict } tell =>
            $"the comparison at {tell.Entry} says: {verdict}{(tell.Majority is { } right ? $", a majority holds {right}" : "")}",
        ComparisonRequest ask => $"what is your state at {ask.Entry}?",
        ComparisonResponse { IsTold: true } answer => $"I know what came of the comparison at {answer.Entry}",
        ComparisonResponse { Digest: { } digest } answer => $"my state at {answer.Entry} is {digest}",
        ComparisonResponse answer => $"I cannot tell my state at {answer.Entry}",
        ReadIndexRequest => "at which index may I read?",
        ReadIndexResponse { Index: { } index } => $"you may read at {index}",
        ReadIndexResponse => "I cannot tell where you may read",
        _ => message.ToString(),
    };

    private static string Describe(EntryBlock block) =>
        $"{block.Entries[0].Id}{(block.Count > 1 ? $" to {block.Last}" : "")} after {block.Previous}";
}
