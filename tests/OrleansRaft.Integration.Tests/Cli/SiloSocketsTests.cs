using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Networking.Shared;
using OrleansRaft.Cli.Serve;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>The sockets of the connections between silos.</summary>
public sealed class SiloSocketsTests : IDisposable
{
    private readonly SiloSockets sockets = new(Options.Create(new SocketConnectionOptions { KeepAlive = true }), NullLoggerFactory.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => sockets.Dispose();

    /// <summary>Orleans keeps one factory for what it dials and two for its ports, under keys of its own.</summary>
    [Fact]
    public void They_take_the_place_of_all_that_Orleans_would_make_itself()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddOrleans(static _ => { });

        SiloSockets.Use(services);

        using var provider = services.BuildServiceProvider();
        ServiceDescriptor[] made =
        [
            .. services.Where(static one => one.ServiceType == typeof(IConnectionFactory) || one.ServiceType == typeof(IConnectionListenerFactory)),
        ];
        made.Length.ShouldBe(3);
        made.ShouldAllBe(one => one.KeyedImplementationFactory!(provider, one.ServiceKey) is SiloSockets);
    }

    /// <summary>A change of threads for each message is what they are there to avoid.</summary>
    [Fact]
    public async Task A_message_is_read_by_the_thread_that_received_it()
    {
        await using var listener = await sockets.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancellation);
        await using var there = await sockets.ConnectAsync(listener.EndPoint, Cancellation);
        await using var here = (await listener.AcceptAsync(Cancellation))!;

        var reading = ReadAsync(here.Transport.Input);
        reading.IsCompleted.ShouldBeFalse("nothing was sent yet");
        await there.Transport.Output.WriteAsync("hello"u8.ToArray(), Cancellation);
        var (text, stack) = await reading;

        text.ShouldBe("hello");
        stack.ShouldContain("Transport.Sockets", Case.Sensitive, "the transport's own loop calls who reads");
        there.Abort();
        here.Abort();
    }

    [Fact]
    public async Task An_end_that_goes_is_noticed_by_the_other()
    {
        await using var listener = await sockets.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancellation);
        await using var there = await sockets.ConnectAsync(listener.EndPoint, Cancellation);
        await using var here = (await listener.AcceptAsync(Cancellation))!;
        var noticed = new TaskCompletionSource();
        await using var registration = here.ConnectionClosed.Register(noticed.SetResult);

        there.Abort();

        await noticed.Task.WaitAsync(Cancellation);
    }

    /// <summary>Who watches over silos tells a port that refuses from one that does not answer.</summary>
    [Fact]
    public async Task A_port_at_which_nobody_listens_refuses()
    {
        var listener = await sockets.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancellation);
        var endpoint = listener.EndPoint;
        await listener.UnbindAsync(Cancellation);
        await listener.DisposeAsync();

        var refused = await Should.ThrowAsync<SocketException>(async () => await sockets.ConnectAsync(endpoint, Cancellation));

        refused.SocketErrorCode.ShouldBe(SocketError.ConnectionRefused);
    }

    private static async Task<(string Text, string Stack)> ReadAsync(PipeReader reader)
    {
        var read = await reader.ReadAsync().ConfigureAwait(false);
        var stack = Environment.StackTrace;
        var text = System.Text.Encoding.ASCII.GetString(read.Buffer.ToArray());
        reader.AdvanceTo(read.Buffer.End);
        return (text, stack);
    }
}
