namespace OrleansRaft.Grains.Routing;

/// <summary>Begins work that is nobody's in particular: on the caller's thread where that is free for it, and otherwise on the pool's.</summary>
internal static class Detached
{
    private static ExecutionContext? empty;

    /// <summary>
    /// Begins the work, without anything of the caller's context: no span, no request context of Orleans. A grain's turn is never used, since its
    /// scheduler would have to carry the work of others.
    /// </summary>
    /// <param name="work">Must not block, and gives the thread back at its first wait.</param>
    /// <param name="state">What it is given.</param>
    public static void Run(ContextCallback work, object state)
    {
        if (Volatile.Read(ref empty) is { } context && TaskScheduler.Current == TaskScheduler.Default && SynchronizationContext.Current is null)
        {
            ExecutionContext.Run(context, work, state);
            return;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            static item =>
            {
                // The pool's threads begin without a context; here is one that can be used elsewhere.
                Volatile.Write(ref empty, ExecutionContext.Capture());
                item.Work(item.State);
            },
            (Work: work, State: state),
            preferLocal: false);
    }
}
