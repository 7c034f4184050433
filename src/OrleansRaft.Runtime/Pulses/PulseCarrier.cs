namespace OrleansRaft.Runtime.Pulses;

/// <summary>
/// Lets a thread that brings inputs make the pulse that they ask for itself, behind the last of them: no other thread has to be woken, and one pass
/// takes them all.
/// </summary>
/// <remarks>
/// <para>
/// A thread that has nothing else to do at that point carries the pulse: a store's own, behind the commit of a lone write, or a timer's. It must
/// hold no lock, be nobody's turn and have nobody's context. One that is not free only gathers: workers are woken when it has brought everything.
/// </para>
/// <para>
/// What is carried is a pass of one worker, and another one for what follows from it. Whatever is left, and every other worker, gets a thread of its
/// host.
/// </para>
/// </remarks>
internal static class PulseCarrier
{
    [ThreadStatic]
    private static List<IDuePulse>? asked;

    [ThreadStatic]
    private static int depth;

    [ThreadStatic]
    private static bool isCarrying;

    /// <summary>Inputs follow, on this thread. To be ended with <see cref="End"/>, whatever happens.</summary>
    public static void Begin() => depth++;

    /// <summary>All of them have been brought. What began first ends last, and wakes or carries for all.</summary>
    /// <param name="isFree">Whether this thread may carry a pulse.</param>
    public static void End(bool isFree)
    {
        if (--depth > 0 || asked is not { Count: > 0 } due)
        {
            return;
        }

        // Others first: they run meanwhile.
        var carries = isFree && !isCarrying;
        for (var place = carries ? 1 : 0; place < due.Count; place++)
        {
            due[place].Wake();
        }

        var first = due[0];
        due.Clear();
        if (carries)
        {
            Carry(first);
        }
    }

    /// <summary>Keeps the pulse of a worker that needs a thread until this one has brought everything.</summary>
    /// <returns>False when this thread brings nothing.</returns>
    internal static bool Keep(IDuePulse pulse)
    {
        if (depth == 0)
        {
            return false;
        }

        (asked ??= []).Add(pulse);
        return true;
    }

    private static void Carry(IDuePulse pulse)
    {
        isCarrying = true;
        try
        {
            pulse.Carry();
        }
        finally
        {
            isCarrying = false;
        }
    }
}
