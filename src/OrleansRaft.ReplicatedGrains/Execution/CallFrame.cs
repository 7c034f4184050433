using OrleansRaft.ReplicatedGrains.Calls;

namespace OrleansRaft.ReplicatedGrains.Execution;

/// <summary>One call of one grain, within the run of an entry.</summary>
/// <param name="run">The run.</param>
/// <param name="key">The grain.</param>
/// <param name="method">The method.</param>
internal sealed class CallFrame(EntryRun run, StateKey key, CallMethod method) : ICallFrame
{
    private EntryRun.LentState? lent;
    private bool isOver;

    /// <inheritdoc/>
    public string Key => key.Key;

    /// <inheritdoc/>
    public ReplicatedCallContext Context => run.Context;

    /// <summary>Whether it changes nothing.</summary>
    public bool IsRead => method.IsRead;

    /// <inheritdoc/>
    public object State
    {
        get
        {
            RequireOpen();
            return IsRead ? (lent ??= run.Lend(key)).State : run.Load(key);
        }

        set
        {
            RequireOpen();
            if (IsRead)
            {
                lent = new EntryRun.LentState(value, MayStay: false);
            }
            else
            {
                run.Replace(key, value, isCleared: false);
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
        if (IsRead)
        {
            throw Changed();
        }

        run.Replace(key, run.Bound.CodecOf(key.Class).New(), isCleared: true);
    }

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
