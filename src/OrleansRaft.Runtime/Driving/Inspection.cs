namespace OrleansRaft.Runtime.Driving;

/// <summary>A question of people about the replica, answered on its turn.</summary>
internal abstract class Inspection
{
    public abstract void Answer();

    public abstract void Reject(Exception cause);
}

/// <inheritdoc/>
/// <param name="answer">Finds the answer, on the replica's turn.</param>
internal sealed class Inspection<T>(Func<T> answer) : Inspection
{
    private readonly TaskCompletionSource<T> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => source.Task;

    public override void Answer() => source.SetResult(answer());

    public override void Reject(Exception cause) => source.SetException(cause);
}
