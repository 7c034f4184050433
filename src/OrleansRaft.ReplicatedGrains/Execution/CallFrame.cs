using Orleans.Serialization.Invocation;
using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>One call of one grain, within the run of an entry.</summary>
/// <param name="run">The run.</param>
/// <param name="key">The grain.</param>
/// <param name="method">The method.</param>
internal sealed class CallFrame(EntryRun run, StateKey key, CallMethod method) : ICallFrame, ITargetHolder
{
    private EntryRun.LentState? lent;
    private ReplicatedGrain? grain;
    private ReplicatedCallContext? context;
    private bool isOver;

    /// <inheritdoc/>
    public string Key => key.Key;

    /// <summary>Which grain it is.</summary>
    public StateKey StateKey => key;

    /// <summary>What the entry makes of the grain; null for a call that changes nothing.</summary>
    public EntryRun.Slot? Slot { get; set; }

    /// <summary>What the grain was before, where that was not what is kept; and the call before this one that may have to be undone.</summary>
    public (byte[]? Bytes, bool IsCleared, CallFrame? Call) Before { get; set; }

    /// <inheritdoc/>
    public ReplicatedCallContext Context
    {
        get
        {
            if (context is null)
            {
                // The run is another entry's afterwards.
                RequireOpen();
                context = run.Context;
            }

            return context;
        }
    }

    /// <summary>Whether it changes nothing.</summary>
    public bool IsRead => method.IsRead;

    /// <inheritdoc/>
    public object State
    {
        get
        {
            RequireOpen();
            return Slot is null ? (lent ??= run.Lend(key)).State : run.Load(Slot);
        }

        set
        {
            RequireOpen();
            if (Slot is null)
            {
                lent = new EntryRun.LentState(value, MayStay: false);
            }
            else
            {
                (Slot.Value, Slot.IsCleared) = (value, false);
            }
        }
    }

    /// <inheritdoc/>
    public TGrain Local<TGrain>(string other)
        where TGrain : class, IReplicatedGrain
    {
        RequireOpen();
        GrainKey.Require(other, "key");
        var grainClass = run.Bound.Set.Find(typeof(TGrain)) ?? throw new InvalidOperationException(
            $"No class of the set '{run.Bound.Set.Name}' has the interface {typeof(TGrain).FullName}, so it cannot be called within an entry of "
                + "that set.");
        return run.Bound.Tools.Proxies.Create<TGrain>(new LocalTarget(run, this, key with { Class = grainClass, Key = other }));
    }

    /// <inheritdoc/>
    public void ClearState()
    {
        RequireOpen();
        if (Slot is null)
        {
            throw Changed();
        }

        (Slot.Value, Slot.IsCleared) = (run.Bound.CodecOf(key.Class).New(), true);
    }

    /// <summary>The call is about to be made.</summary>
    /// <param name="made">The instance on which it is made.</param>
    public void Begin(ReplicatedGrain made)
    {
        made.Frame = this;
        grain = made;
    }

    /// <inheritdoc/>
    public object? GetTarget() => grain;

    /// <inheritdoc/>
    public object? GetComponent(Type componentType) => null;

    /// <summary>The call is made.</summary>
    /// <exception cref="CallRefusedException">It was to change nothing, and has.</exception>
    public void RequireUnchanged()
    {
        if (lent is { } state && !run.TakeBack(key, state))
        {
            throw Changed();
        }
    }

    /// <summary>The call is over: the grain may not be used any more.</summary>
    public void End() => isOver = true;

    /// <exception cref="InvalidOperationException">The call is over.</exception>
    public void RequireOpen()
    {
        if (isOver)
        {
            throw new InvalidOperationException(
                $"{method} of '{key.Key}' is over, and its grain was still used; complete everything before the method returns, and keep no "
                    + "reference to "
                + "the grain.");
        }
    }

    private CallRefusedException Changed() => new(
        RejectionReason.InvalidRequest,
        $"{method} is [ReadOnly], and changed the state of '{key.Key}'. Nothing was kept; remove the attribute, or the change.");
}
