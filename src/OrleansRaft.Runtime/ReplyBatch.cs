namespace OrleansRaft.Runtime;

/// <summary>The answers to a batch of commands.</summary>
/// <param name="Replies">One for each command, in order.</param>
/// <param name="Time">The group's time as this replica knows it: what the client's side reckons later deadlines from.</param>
internal sealed record ReplyBatch(Reply[] Replies, LogTime Time);
