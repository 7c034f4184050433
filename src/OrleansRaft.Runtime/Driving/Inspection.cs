namespace OrleansRaft.Runtime.Driving;

/// <summary>A question of people about the replica, answered on its turn.</summary>
internal abstract class Inspection
{
    public abstract void Answer();

    public abstract void Reject(Exception cause);
}

/// <inheritdoc/>
/// <param name="answer">Finds the answer, on the replica's turn, and gives it then or later.</param>
internal sealed class Inspection<T>(Action<TaskCompletionSource<T>> answer) : Inspection
{
    private readonly TaskCompletionSource<T> source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Inspection(Func<T> answer)
        : this(source => source.SetResult(answer()))
    {
    }

    public Task<T> Task => source.Task;

    public override void Answer() => answer(source);

    public override void Reject(Exception cause) => source.SetException(cause);
}
