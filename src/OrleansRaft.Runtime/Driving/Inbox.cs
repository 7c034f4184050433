using OrleansRaft.Core;

namespace OrleansRaft.Runtime.Driving;

/// <summary>
/// Where other threads leave work for a replica. Everything has a limit; at the limit messages are lost, as networks lose them, and requests are
/// refused.
/// </summary>
/// <param name="options">The limits.</param>
internal sealed class Inbox(RaftOptions options)
{
    private readonly Lock gate = new();
    private List<Completion> completions = [];
    private InboxBatch incoming = new();
    private Queue<Submission> submissions = new();
    private int commands;
    private long commandBytes;
    private bool closed;

    /// <summary>How many queries left the inbox and wait for confirmation; set by the driver, counted against the limit.</summary>
    public int QueriesWaiting { get; set => Volatile.Write(ref field, value); }

    /// <summary>How many commands wait in the inbox, and how many bytes they have.</summary>
    public (int Count, long Bytes) CommandsWaiting
    {
        get
        {
            lock (gate)
            {
                return (commands, commandBytes);
            }
        }
    }

    /// <summary>Completions are never refused by a replica that runs: each answers work of its own, which is limited elsewhere.</summary>
    /// <returns>Whether it will be taken.</returns>
    public bool Post(in Completion completion)
    {
        lock (gate)
        {
            if (!closed)
            {
                completions.Add(completion);
            }

            return !closed;
        }
    }

    public void PostTick()
    {
        lock (gate)
        {
            incoming.Tick = !closed;
        }
    }

    public void PostUnquiesce(bool isLeaderLost)
    {
        lock (gate)
        {
            if (!closed)
            {
                incoming.Unquiesce = new Unquiesce(isLeaderLost).Or(incoming.Unquiesce);
            }
        }
    }

    /// <returns>Whether there was room.</returns>
    public bool TryPost(Receive message, long bytes)
    {
        lock (gate)
        {
            if (closed || incoming.Messages.Count >= options.InboxMessagesMax || incoming.MessageBytes + bytes > options.InboxMessageBytesMax)
            {
                return false;
            }

            incoming.Messages.Enqueue(message);
            incoming.MessageBytes += bytes;
            return true;
        }
    }

    public PostResult TryPost(Submission submission, long bytes)
    {
        lock (gate)
        {
            if (closed)
            {
                return PostResult.Closed;
            }

            if (commands + submission.Count > options.InboxCommandsMax || commandBytes + bytes > options.InboxBytesMax)
            {
                return PostResult.Full;
            }

            submissions.Enqueue(submission);
            commands += submission.Count;
            commandBytes += bytes;
            return PostResult.Posted;
        }
    }

    public PostResult TryPost(QueryBatch batch, long bytes)
    {
        lock (gate)
        {
            if (closed)
            {
                return PostResult.Closed;
            }

            if (QueriesWaiting + incoming.QueryCount + batch.Queries.Count > options.InboxQueriesMax
                || incoming.QueryBytes + bytes > options.InboxBytesMax)
            {
                return PostResult.Full;
            }

            incoming.Queries.Enqueue(batch);
            incoming.QueryCount += batch.Queries.Count;
            incoming.QueryBytes += bytes;
            return PostResult.Posted;
        }
    }

    public PostResult TryPost(ControlRequest request)
    {
        const int ControlsMax = 1_024;
        lock (gate)
        {
            if (closed || incoming.Controls.Count >= ControlsMax)
            {
                return closed ? PostResult.Closed : PostResult.Full;
            }

            incoming.Controls.Enqueue(request);
            return PostResult.Posted;
        }
    }

    public PostResult TryPost(Inspection inspection)
    {
        const int InspectionsMax = 1_024;
        lock (gate)
        {
            if (closed || incoming.Inspections.Count >= InspectionsMax)
            {
                return closed ? PostResult.Closed : PostResult.Full;
            }

            incoming.Inspections.Enqueue(inspection);
            return PostResult.Posted;
        }
    }

    /// <summary>Takes the completions, and leaves an empty list for the next.</summary>
    public List<Completion> TakeCompletions(List<Completion> empty)
    {
        lock (gate)
        {
            (completions, empty) = (empty, completions);
            return empty;
        }
    }

    /// <summary>Takes the commands, and leaves an empty queue for the next.</summary>
    public Queue<Submission> TakeSubmissions(Queue<Submission> empty)
    {
        Invariant.Holds(empty.Count == 0, "commands are taken when those before them are dealt with");
        lock (gate)
        {
            (submissions, empty) = (empty, submissions);
            (commands, commandBytes) = (0, 0);
            return empty;
        }
    }

    /// <summary>Takes everything else, and leaves an empty batch for the next.</summary>
    public InboxBatch TakeBatch(InboxBatch empty)
    {
        empty.Reset();
        lock (gate)
        {
            (incoming, empty) = (empty, incoming);
            return empty;
        }
    }

    /// <summary>Takes nothing more.</summary>
    public void Close()
    {
        lock (gate)
        {
            closed = true;
        }
    }
}

/// <summary>What became of a request at the door.</summary>
internal enum PostResult
{
    Posted = 0,
    Full = 1,
    Closed = 2,
}
