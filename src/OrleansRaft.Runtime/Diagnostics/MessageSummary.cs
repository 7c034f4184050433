using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Diagnostics;

/// <summary>What a message says, in a few words and numbers.</summary>
/// <param name="Kind">Which message it is.</param>
/// <param name="Index">Its last entry: sent, matched, or the end of the sender's log.</param>
/// <param name="Entries">How many entries it carries.</param>
/// <param name="IsRejected">Whether it refuses what was asked.</param>
internal readonly record struct MessageSummary(string Kind, long Index, int Entries, bool IsRejected)
{
    /// <summary>Which message it is; empty in a default value.</summary>
    public string Kind { get => field ?? ""; init; } = Kind;

    /// <summary>Sums up a message.</summary>
    /// <param name="message">Which.</param>
    public static MessageSummary Of(Message message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message switch
        {
            AppendEntries append => new("append-entries", append.Block.Last.Index.Value, append.Block.Count, false),
            AppendEntriesResponse answer => new("append-entries-response", answer.Match.Index.Value, 0, !answer.Accepted),
            PreVote ask => new("pre-vote", ask.LastEntry.Index.Value, 0, false),
            PreVoteResponse answer => new("pre-vote-response", 0, 0, !answer.Granted),
            RequestVote ask => new("request-vote", ask.LastEntry.Index.Value, 0, false),
            RequestVoteResponse answer => new("request-vote-response", 0, 0, !answer.Granted),
            InstallSnapshot install => new("install-snapshot", install.Snapshot.LastIncluded.Index.Value, 0, false),
            InstallSnapshotResponse answer => new("install-snapshot-response", answer.LastIncluded.Index.Value, 0, false),
            TimeoutNow => new("timeout-now", 0, 0, false),
            Quiesce quiesce => new("quiesce", quiesce.LastEntry.Index.Value, 0, false),
            SnapshotRequest ask => new("snapshot-request", ask.Through.Value, 0, false),
            ComparisonRequest ask => new("comparison-request", ask.Entry.Index.Value, 0, false),
            ComparisonResponse answer => new("comparison-response", answer.Entry.Index.Value, 0, answer.Digest is null && !answer.IsTold),
            ReadIndexRequest => new("read-index", 0, 0, false),
            ReadIndexResponse answer => new("read-index-response", answer.Index?.Value ?? 0, 0, answer.Index is null),
            _ => throw new InvariantViolationException($"every message has a name: {message.GetType().Name} has none"),
        };
    }
}
