namespace OrleansRaft.Runtime.StateMachines;

/// <summary>Sees to it that a state machine's own code is never run while, or after, the machine is disposed.</summary>
/// <param name="machine">The user's state machine.</param>
internal sealed class MachineUse(object machine)
{
    // Nobody waits for this lock as long as the machine lives.
    private readonly Lock gate = new();
    private bool isDisposed;
    private bool isLeft;

    /// <summary>Before the state machine's own code is run.</summary>
    /// <exception cref="ObjectDisposedException">It must not be run any more.</exception>
    public void Enter()
    {
        gate.Enter();
        if (isDisposed)
        {
            gate.Exit();
            throw new ObjectDisposedException(machine.ToString());
        }
    }

    /// <summary>After the state machine's own code was run: disposes it if that was asked for meanwhile.</summary>
    public void Leave()
    {
        gate.Exit();
        if (Volatile.Read(ref isDisposed) && IsMineToDispose())
        {
            DisposeMachineAsync().AsTask().ContinueWith(
                static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    /// <summary>Disposes the state machine, if it can be, when what it is doing at the moment is done. May be repeated.</summary>
    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref isDisposed, true);
        return IsMineToDispose() ? DisposeMachineAsync() : default;
    }

    /// <summary>Whether nobody uses the disposed machine, and nobody has disposed it: whoever uses it asks again on leaving.</summary>
    private bool IsMineToDispose()
    {
        if (!gate.TryEnter())
        {
            return false;
        }

        gate.Exit();
        return !Interlocked.Exchange(ref isLeft, true);
    }

    private async ValueTask DisposeMachineAsync()
    {
        if (machine is IAsyncDisposable later)
        {
            await later.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            (machine as IDisposable)?.Dispose();
        }
    }
}
