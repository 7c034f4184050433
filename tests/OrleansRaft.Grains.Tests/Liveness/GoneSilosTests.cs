using System.Net;
using System.Net.Sockets;
using OrleansRaft.Grains.Liveness;

namespace OrleansRaft.Grains.Tests.Liveness;

/// <summary>What a dial to another silo's port proves.</summary>
public sealed class GoneSilosTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_port_refuses_when_nobody_listens_there_and_not_while_a_process_that_hangs_does()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var endpoint = listener.LocalEndpoint;

        (await GoneSilos.IsRefusedAsync(endpoint, Token)).ShouldBeFalse("nobody accepts, as in a process that is paused");
        listener.Stop();
        (await GoneSilos.IsRefusedAsync(endpoint, Token)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_dial_that_is_given_up_proves_nothing()
    {
        var endpoint = new IPEndPoint(IPAddress.Loopback, 1);

        (await GoneSilos.IsRefusedAsync(endpoint, new CancellationToken(canceled: true))).ShouldBeFalse();
    }
}
