namespace OrleansRaft.PostgreSql.Internal;

/// <summary>When somebody who waits is to be told again what for: at once, and then every five seconds.</summary>
internal sealed class Reminder
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly long since = TimeProvider.System.GetTimestamp();
    private long? toldAt;

    /// <summary>For how many seconds there has been waiting.</summary>
    public int Seconds => (int)TimeProvider.System.GetElapsedTime(since).TotalSeconds;

    /// <summary>Whether it is time; if so, the next time is later.</summary>
    public bool IsDue
    {
        get
        {
            if (toldAt is { } last && TimeProvider.System.GetElapsedTime(last) < Pause)
            {
                return false;
            }

            toldAt = TimeProvider.System.GetTimestamp();
            return true;
        }
    }
}
