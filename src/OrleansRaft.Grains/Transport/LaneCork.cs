namespace OrleansRaft.Grains.Transport;

/// <summary>
/// Holds lanes back on one thread, so that all that several replicas have to say to another silo leaves in one batch. The thread then carries the
/// batches of idle lanes itself: it must be nobody's turn, and have nobody's context.
/// </summary>
internal static class LaneCork
{
    [ThreadStatic]
    private static List<IThreadPoolWorkItem>? held;

    [ThreadStatic]
    private static bool isHeld;

    /// <summary>From now on lanes wait, for what this thread puts into them.</summary>
    public static void Hold() => isHeld = true;

    /// <summary>Lets them go.</summary>
    public static void Release()
    {
        isHeld = false;
        if (held is { Count: > 0 } waiting)
        {
            foreach (var pump in waiting)
            {
                pump.Execute();
            }

            waiting.Clear();
        }
    }

    /// <summary>Keeps a lane that is to carry something until <see cref="Release"/>.</summary>
    /// <returns>Whether this thread holds lanes.</returns>
    public static bool Keep(IThreadPoolWorkItem pump)
    {
        if (isHeld)
        {
            (held ??= []).Add(pump);
        }

        return isHeld;
    }
}
