namespace OrleansRaft.Grains.Transport;

/// <summary>A request on a lane whose replies have not come yet.</summary>
/// <param name="number">By which the replies name it; unique in this process.</param>
internal sealed class LaneCall(long number)
{
    // The replies come with a whole batch, whose other frames must not wait for the awaiting code.
    private readonly TaskCompletionSource<ReadOnlyMemory<byte>> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>By which the replies name it.</summary>
    public long Number { get; } = number;

    /// <summary>The replies; empty when the replica is not there.</summary>
    public Task<ReadOnlyMemory<byte>> Replies => source.Task;

    /// <summary>The replies are here. A second copy of them is not heard.</summary>
    public void Complete(ReadOnlyMemory<byte> replies) => source.TrySetResult(replies);

    /// <summary>The request was lost, or may be.</summary>
    public void Fail() =>
        source.TrySetException(new TimeoutException("The request was not delivered, or nobody acknowledged it; it may have arrived."));

    /// <summary>The replies were lost, or cannot be read.</summary>
    public void FailReplies() => source.TrySetException(new TimeoutException("The request was answered, but its replies could not be delivered."));
}
