using Microsoft.Extensions.Logging;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Shows what silos log beside the test that started them.</summary>
public sealed class TestOutputLoggerProvider : ILoggerProvider
{
    private readonly ITestOutputHelper? output = TestContext.Current.TestOutputHelper;

    public ILogger CreateLogger(string categoryName) => new TestOutputLogger(categoryName, output);

    public void Dispose()
    {
    }

    private sealed class TestOutputLogger(string category, ITestOutputHelper? output) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) =>
            logLevel >= (category.StartsWith("OrleansRaft", StringComparison.Ordinal) ? LogLevel.Information : LogLevel.Warning);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
            {
                return;
            }

            try
            {
                output?.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {category.Split('.')[^1]} {formatter(state, exception)} {exception}");
            }
            catch (InvalidOperationException)
            {
                // The test is over; its silos still say goodbye.
                return;
            }
        }
    }
}
