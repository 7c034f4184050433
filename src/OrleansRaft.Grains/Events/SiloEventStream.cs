namespace OrleansRaft.Grains.Events;

/// <summary>One silo that an <see cref="EventFeed"/> asks for its events, one question at a time.</summary>
internal sealed class SiloEventStream(string name, IEventService service, TimeProvider time)
{
    /// <summary>How long a silo may take to answer before it is asked again.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private int isAsking;
    private long after = -1;

    /// <summary>The silo's name.</summary>
    public string Name => name;

    /// <summary>What it last said that it does, until that is taken.</summary>
    public SiloStats? Stats { get; set; }

    /// <summary>Asks the silo what happened since it was last asked.</summary>
    /// <param name="watcher">Who asks.</param>
    /// <param name="focus">The groups of which it wants messages.</param>
    /// <param name="patience">How long to wait while it is being asked already.</param>
    /// <returns>Its answer; null when there was none, or when it is being asked already.</returns>
    public async Task<EventPage?> AskAsync(Guid watcher, string[] focus, TimeSpan patience)
    {
        var since = time.GetTimestamp();
        while (Interlocked.Exchange(ref isAsking, 1) != 0)
        {
            if (time.GetElapsedTime(since) >= patience)
            {
                return null;
            }

            await Task.Delay(Interval, time);
        }

        try
        {
            var page = await service.ReadEventsAsync(new EventQuery(watcher, focus, after)).WaitAsync(AnswerTimeout, time);
            after = page.Last;
            return page;
        }
        catch (Exception)
        {
            // A silo that does not answer has nothing to tell; when it comes back it says whether something is missing.
            return null;
        }
        finally
        {
            Volatile.Write(ref isAsking, 0);
        }
    }
}
