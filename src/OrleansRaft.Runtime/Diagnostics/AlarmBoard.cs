namespace OrleansRaft.Runtime.Diagnostics;

/// <summary>What is wrong on one silo: stores and replicas raise alarms here, and clear them. Any thread.</summary>
/// <remarks>
/// A service of the silo. An alarm is known by its name and its subject: raised again it keeps its time and takes the newer words, so whoever sees
/// the trouble may say so each time.
/// </remarks>
/// <param name="time">The clock that says since when.</param>
internal sealed class AlarmBoard(TimeProvider time)
{
    private const int ActiveMax = 1_000;

    private readonly Lock gate = new();
    private readonly Dictionary<(string Name, string Subject), Alarm> active = [];

    /// <summary>What is wrong now, the oldest first; at most 1,000.</summary>
    public IReadOnlyList<Alarm> Active
    {
        get
        {
            lock (gate)
            {
                return active.Count == 0 ? [] : [.. active.Values.OrderBy(static alarm => alarm.Since)];
            }
        }
    }

    /// <summary>Says that something is wrong.</summary>
    /// <param name="name">One of <see cref="AlarmNames"/>.</param>
    /// <param name="subject">What has it: the path of a store, the name of a server, a replica.</param>
    /// <param name="detail">What is wrong, in a sentence that names the subject.</param>
    /// <param name="remedy">What to do, in a sentence.</param>
    /// <param name="group">The group that suffers, when it is only one.</param>
    /// <returns>Whether it is new.</returns>
    public bool Report(string name, string subject, string detail, string remedy, string? group = null)
    {
        lock (gate)
        {
            var isKnown = active.TryGetValue((name, subject), out var known);
            if (!isKnown && active.Count >= ActiveMax)
            {
                return false;
            }

            active[(name, subject)] = new Alarm(name, group, null, known?.Since ?? time.GetUtcNow(), detail, remedy);
            return !isKnown;
        }
    }

    /// <summary>Says that it is wrong no longer. May be repeated.</summary>
    /// <returns>Whether it was.</returns>
    public bool Clear(string name, string subject)
    {
        lock (gate)
        {
            return active.Remove((name, subject));
        }
    }

    /// <summary>The subjects that have an alarm of some kind.</summary>
    public IReadOnlyList<string> Subjects(string name)
    {
        lock (gate)
        {
            return [.. active.Keys.Where(key => key.Name == name).Select(static key => key.Subject)];
        }
    }

    /// <summary>How many alarms of one kind there are.</summary>
    public int Count(string name)
    {
        lock (gate)
        {
            return active.Keys.Count(key => key.Name == name);
        }
    }
}
