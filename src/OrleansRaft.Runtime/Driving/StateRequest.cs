using OrleansRaft.Core;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.Driving;

/// <summary>Somebody asks a replica for the whole state of its machine. What refuses a query refuses it as well.</summary>
internal sealed class StateRequest : IReplySink
{
    private readonly TaskCompletionSource<StateAnswer> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The answer.</summary>
    public Task<StateAnswer> Task => source.Task;

    /// <summary>Hands the state over.</summary>
    /// <param name="snapshot">What it is.</param>
    /// <param name="view">The state.</param>
    public void Give(SnapshotDescriptor snapshot, IStateView view)
    {
        if (!source.TrySetResult(new StateAnswer(Reply.Committed(snapshot.LastIncluded, default), new ViewedState(snapshot, view))))
        {
            ViewWriter.Release(view);
        }
    }

    /// <inheritdoc/>
    public void OnReplied(ReplyBatch batch) => source.TrySetResult(new StateAnswer(batch.Replies[0], null));
}
