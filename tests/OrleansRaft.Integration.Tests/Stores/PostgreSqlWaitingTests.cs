using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using OrleansRaft.PostgreSql;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>What is waited for at start-up, and said, and what ends a start at once.</summary>
public sealed class PostgreSqlWaitingTests(PostgresFixture postgres) : PostgreSqlTestBase
{
    [Theory]
    [InlineData("Port=1", "Connection refused")]
    [InlineData("Host=nowhere.invalid", "not known")]
    [InlineData("Username=crowded", "too many connections")]
    public async Task What_may_pass_by_itself_is_waited_for_and_said(string wrong, string reason)
    {
        var connectionString = await ConnectionStringAsync(wrong);
        var told = new TellingLogger();
        var store = Own(new PostgreSqlLogStore(new PostgreSqlStoreOptions { ConnectionStrings = [connectionString] }, TimeProvider.System, told));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var starting = store.InitializeAsync(Define(1), patience.Token);
        await EventuallyAsync(() => Task.FromResult(!told.Lines.IsEmpty));
        var hasEnded = starting.IsCompleted;
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => starting);

        hasEnded.ShouldBeFalse();
        told.Lines.ShouldHaveSingleItem().ShouldStartWith($"Waiting for PostgreSQL at {PostgreSqlSchema.Describe(connectionString)}");
        told.Lines.ShouldHaveSingleItem().ShouldContain(reason);
    }

    [Theory]
    [InlineData("Username=nobody", "refuses to log us in")]
    [InlineData("Database=nowhere", "has no such database")]
    [InlineData("SSL Mode=Require", "cannot be used")]
    public async Task What_does_not_pass_by_itself_ends_a_start_at_once(string wrong, string words)
    {
        var options = new PostgreSqlStoreOptions { ConnectionStrings = [await ConnectionStringAsync(wrong)] };
        var store = Own(new PostgreSqlLogStore(options, TimeProvider.System, new TellingLogger()));

        var refused = await RefusedAsync(() => store.InitializeAsync(Define(1), Cancellation));

        refused.Message.ShouldContain(words);
    }

    private async Task<string> ConnectionStringAsync(string wrong)
    {
        var server = await postgres.GetServerAsync();
        await ExecuteAsync(
            server.ConnectionString(), "DO $$ BEGIN CREATE ROLE crowded LOGIN CONNECTION LIMIT 0; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        return new NpgsqlConnectionStringBuilder($"{server.ConnectionString()};{wrong}").ConnectionString;
    }

    private sealed class TellingLogger : ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));
    }
}
