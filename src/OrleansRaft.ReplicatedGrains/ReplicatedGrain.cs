using OrleansRaft.ReplicatedGrains.Execution;

namespace OrleansRaft;

/// <summary>A replicated grain with a state. It runs on every replica of its group, so it must be deterministic.</summary>
/// <typeparam name="TState">
/// Its state for one key, with Orleans' <c>[GenerateSerializer]</c>; a key that was never written has a new one. Between calls it is kept as Orleans'
/// serializer writes it, so members without <c>[Id]</c> do not last.
/// </typeparam>
/// <remarks>
/// <para>
/// Each call is made on a new instance, which the silo's services construct: fields of the class live no longer than the call, and services that it
/// takes must be pure. A method uses no clock, no randomness, no input or output but what <see cref="ReplicatedGrain.Context"/> offers, and awaits
/// nothing but what is complete: one that has not completed when it returns halts the replica.
/// </para>
/// <para>An exception reaches the caller, and undoes all that the call has changed.</para>
/// </remarks>
public abstract class ReplicatedGrain<TState> : ReplicatedGrain
    where TState : class, new()
{
    /// <summary>The state of this key. What a call changes is kept when it succeeds.</summary>
    protected TState State
    {
        get => (TState)Frame.State;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            Frame.State = value;
        }
    }
}

/// <summary>What replicated grains have in common; derive from <see cref="ReplicatedGrain{TState}"/>.</summary>
public abstract class ReplicatedGrain
{
    private ICallFrame? frame;

    private protected ReplicatedGrain()
    {
    }

    /// <summary>The key of this grain.</summary>
    protected string Key => Frame.Key;

    /// <summary>What a call may know besides its arguments: time, randomness, the entry, the request id.</summary>
    protected ReplicatedCallContext Context => Frame.Context;

    internal ICallFrame Frame
    {
        get => frame ?? throw new InvalidOperationException(
            $"{GetType().Name} asked for its key, state or context outside of a call; use them in the methods of its interface, not in its "
                + "constructor.");
        set => frame = value;
    }

    /// <summary>
    /// Another grain of the same partition. Its calls run at once, within the same entry of the log: all of it is kept, or nothing. A call that
    /// throws is undone whether its exception is caught or not.
    /// </summary>
    /// <typeparam name="TGrain">Its interface, of a class that was added to the same set.</typeparam>
    /// <param name="key">Its key within the partition.</param>
    /// <exception cref="ArgumentException">The key is empty or too long.</exception>
    /// <exception cref="InvalidOperationException">No class of the set has that interface.</exception>
    protected TGrain Local<TGrain>(string key)
        where TGrain : class, IReplicatedGrain => Frame.Local<TGrain>(key);

    /// <summary>Forgets the state of this key when the call succeeds; the next call finds a new one.</summary>
    protected void ClearState() => Frame.ClearState();
}
