namespace OrleansRaft.Cli.Demo;

/// <summary>A silo that was killed or cut off, and how its groups fared.</summary>
/// <param name="what">What was done to it: a word such as <c>killed</c>.</param>
/// <param name="silo">The silo's name.</param>
/// <param name="led">The groups that it led.</param>
/// <param name="at">When, on the monotonic clock.</param>
/// <param name="time">The clock.</param>
internal sealed class DemoFault(string what, string silo, IReadOnlyCollection<string> led, long at, TimeProvider time)
{
    private readonly HashSet<string> waiting = new(led, StringComparer.Ordinal);

    /// <summary>What was done to it.</summary>
    public string What => what;

    /// <summary>The silo's name.</summary>
    public string Silo => silo;

    /// <summary>How many groups it led.</summary>
    public int Led => led.Count;

    /// <summary>How long the slowest of its groups took to elect a new leader, so far.</summary>
    public TimeSpan ElectedAfter { get; private set; }

    /// <summary>Whether all of its groups have new leaders.</summary>
    public bool HasElected => waiting.Count == 0;

    /// <summary>How long some writer waited for an acknowledgement; known when all have recovered.</summary>
    public TimeSpan? WritesStoppedFor { get; set; }

    /// <summary>Notes an election.</summary>
    public void Note(ElectionWon election)
    {
        if (election.At >= at && waiting.Remove(election.Group))
        {
            ElectedAfter = time.GetElapsedTime(at, election.At);
        }
    }
}
