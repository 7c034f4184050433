namespace OrleansRaft.Runtime.Driving;

/// <summary>Makes a task of the answers, for callers on other threads.</summary>
internal sealed class TaskReplySink : IReplySink
{
    // The answers come on the replica's turn, which the awaiting code must not take over.
    private readonly TaskCompletionSource<ReplyBatch> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<ReplyBatch> Task => source.Task;

    public void OnReplied(ReplyBatch batch) => source.SetResult(batch);
}

/// <summary>Takes the answers that nobody waits for.</summary>
internal sealed class NobodysReplySink : IReplySink
{
    public static NobodysReplySink Instance { get; } = new();

    public void OnReplied(ReplyBatch batch)
    {
    }
}
