using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Cli.Serve;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>The limit of connections to one port.</summary>
public sealed class ConnectionLimitTests
{
    private readonly FakeTimeProvider time = new();
    private readonly TaskCompletionSource end = new();

    [Fact]
    public async Task Connections_beyond_the_limit_are_refused_until_others_end()
    {
        var limit = new ConnectionLimit("port", max: 2, silenceMax: null, time, NullLogger.Instance);
        var serve = limit.Around(_ => end.Task);

        var first = serve(new DefaultConnectionContext());
        var second = serve(new DefaultConnectionContext());
        var refused = new DefaultConnectionContext();
        await serve(refused);

        await WaitUntilClosedAsync(refused);
        limit.Open.ShouldBe(2);
        end.SetResult();
        await Task.WhenAll(first, second);
        limit.Open.ShouldBe(0);
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_ended()
    {
        var limit = new ConnectionLimit("port", max: 2, TimeSpan.FromSeconds(10), time, NullLogger.Instance);
        var silent = ConnectionOf(new Pipe());

        var serving = limit.Around(_ => throw new InvalidOperationException("It is not served."))(silent);
        time.Advance(TimeSpan.FromSeconds(9));
        serving.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        await serving;

        await WaitUntilClosedAsync(silent);
        limit.Open.ShouldBe(0);
    }

    [Fact]
    public async Task What_it_says_first_is_left_for_whoever_serves_it()
    {
        var limit = new ConnectionLimit("port", max: 2, TimeSpan.FromSeconds(10), time, NullLogger.Instance);
        var input = new Pipe();
        await input.Writer.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        var heard = 0L;

        await limit.Around(async connection => heard = (await connection.Transport.Input.ReadAsync()).Buffer.Length)(ConnectionOf(input));

        heard.ShouldBe(5);
    }

    private static async Task WaitUntilClosedAsync(ConnectionContext connection)
    {
        var closed = new TaskCompletionSource();
        await using var told = connection.ConnectionClosed.Register(closed.SetResult);
        await closed.Task.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
    }

    private static DefaultConnectionContext ConnectionOf(Pipe input) => new() { Transport = new Duplex(input.Reader, new Pipe().Writer) };

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
