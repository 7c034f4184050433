using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Cli.Serve;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>The limit of connections to one port.</summary>
public sealed class ConnectionLimitTests
{
    private readonly FakeTimeProvider time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Nobody else's thread is needed to refuse one: however many come at once, one at most is open beyond the limit.</summary>
    [Fact]
    public async Task Connections_beyond_the_limit_are_closed_one_by_one_before_the_next_is_taken()
    {
        var limit = new ConnectionLimit("port", max: 2, silenceMax: null, time, NullLogger.Instance);
        var crowd = new Crowd(100);
        var listener = new LimitedListener(crowd, limit);

        var admitted = new[] { await listener.AcceptAsync(Cancellation), await listener.AcceptAsync(Cancellation) };
        var end = await listener.AcceptAsync(Cancellation);

        admitted.ShouldAllBe(static connection => connection != null);
        end.ShouldBeNull("the crowd has gone");
        (crowd.Came, crowd.Open, crowd.OpenMax).ShouldBe((100, 2, 3));
        limit.Open.ShouldBe(2);
    }

    [Fact]
    public async Task A_connection_is_counted_until_it_was_served()
    {
        var limit = new ConnectionLimit("port", max: 1, silenceMax: null, time, NullLogger.Instance);
        var end = new TaskCompletionSource();
        limit.TryAdmit().ShouldBeTrue();

        var serving = limit.Around(_ => end.Task)(new DefaultConnectionContext());
        var meanwhile = limit.TryAdmit();
        end.SetResult();
        await serving;

        meanwhile.ShouldBeFalse();
        limit.TryAdmit().ShouldBeTrue();
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_ended()
    {
        var limit = new ConnectionLimit("port", max: 2, TimeSpan.FromSeconds(10), time, NullLogger.Instance);
        var silent = ConnectionOf(new Pipe());
        limit.TryAdmit().ShouldBeTrue();

        var serving = limit.Around(_ => throw new InvalidOperationException("It is not served."))(silent);
        time.Advance(TimeSpan.FromSeconds(9));
        serving.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        await serving;

        await WaitUntilClosedAsync(silent);
        limit.Open.ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_that_only_looks_whether_somebody_listens_is_not_served(bool isReset)
    {
        var limit = new ConnectionLimit("port", max: 2, TimeSpan.FromSeconds(10), time, NullLogger.Instance);
        var input = new Pipe();
        await input.Writer.CompleteAsync(isReset ? new ConnectionResetException("It is reset.") : null);
        limit.TryAdmit().ShouldBeTrue();

        await limit.Around(_ => throw new InvalidOperationException("It is served."))(ConnectionOf(input));

        limit.Open.ShouldBe(0);
    }

    [Fact]
    public async Task What_it_says_first_is_left_for_whoever_serves_it()
    {
        var limit = new ConnectionLimit("port", max: 2, TimeSpan.FromSeconds(10), time, NullLogger.Instance);
        var input = new Pipe();
        await input.Writer.WriteAsync("hello"u8.ToArray(), Cancellation);
        limit.TryAdmit().ShouldBeTrue();
        var heard = 0L;

        await limit.Around(async connection => heard = (await connection.Transport.Input.ReadAsync()).Buffer.Length)(ConnectionOf(input));

        heard.ShouldBe(5);
    }

    private static async Task WaitUntilClosedAsync(ConnectionContext connection)
    {
        var closed = new TaskCompletionSource();
        await using var told = connection.ConnectionClosed.Register(closed.SetResult);
        await closed.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
    }

    private static DefaultConnectionContext ConnectionOf(Pipe input) => new() { Transport = new Duplex(input.Reader, new Pipe().Writer) };

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>Many that come to a port at once.</summary>
    private sealed class Crowd(int size) : IConnectionListener
    {
        public int Came { get; private set; }

        public int Open { get; private set; }

        public int OpenMax { get; private set; }

        public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (Came == size)
            {
                return ValueTask.FromResult<ConnectionContext?>(null);
            }

            Came++;
            Open++;
            OpenMax = Math.Max(OpenMax, Open);
            return ValueTask.FromResult<ConnectionContext?>(new One(this));
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private sealed class One(Crowd crowd) : DefaultConnectionContext
        {
            public override void Abort(ConnectionAbortedException abortReason)
            {
            }

            public override ValueTask DisposeAsync()
            {
                crowd.Open--;
                return base.DisposeAsync();
            }
        }
    }
}
