using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansRaft.Runtime;

namespace OrleansRaft.Cli.Demo;

/// <summary>One election that was won.</summary>
/// <param name="At">When, on the monotonic clock.</param>
/// <param name="Group">The group.</param>
/// <param name="Replica">The new leader.</param>
/// <param name="Term">Its term.</param>
/// <param name="Votes">How many voted for it.</param>
/// <param name="Voters">How many could.</param>
internal readonly record struct ElectionWon(long At, string Group, string Replica, string Term, string Votes, string Voters);

/// <summary>
/// Hears of elections from the silos' logs, by their public event id, at the moment they are won: asking the silos would only tell later.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class DemoEvents(TimeProvider time) : ILoggerProvider
{
    private const int BecameLeaderEventId = 1001;
    private const int KeptMax = 1_000;

    private readonly ConcurrentQueue<ElectionWon> elections = new();

    /// <summary>Takes the next election that nobody has taken.</summary>
    public bool TryTake(out ElectionWon election) => elections.TryDequeue(out election);

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Listener(this);

    /// <inheritdoc/>
    public void Dispose()
    {
        // The silos come and go; what they told stays.
    }

    private void Keep(IReadOnlyList<KeyValuePair<string, object?>> state)
    {
        if (state.FirstOrDefault(pair => pair.Key == "Replica").Value is not ReplicaKey replica || elections.Count >= KeptMax)
        {
            return;
        }

        string Text(string name) => Convert.ToString(state.FirstOrDefault(pair => pair.Key == name).Value, CultureInfo.InvariantCulture) ?? "?";
        elections.Enqueue(
            new ElectionWon(time.GetTimestamp(), replica.Group, replica.Replica.ToString(), Text("Term"), Text("Votes"), Text("Voters")));
    }

    private sealed class Listener(DemoEvents events) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id == BecameLeaderEventId && state is IReadOnlyList<KeyValuePair<string, object?>> pairs)
            {
                events.Keep(pairs);
            }
        }
    }
}
