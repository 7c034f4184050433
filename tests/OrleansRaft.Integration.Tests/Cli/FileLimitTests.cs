using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Serve;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>A process that may have only few files open refuses connections in time, and recovers.</summary>
public sealed class FileLimitTests
{
    private const int Limit = FileLimit.OwnMax + 50;
    private const int Flood = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(120)]
    [InlineData(330)]
    public async Task A_limit_that_a_silo_cannot_live_with_is_told_at_the_start(int limit)
    {
        await using var process = OraftProcess.Start(["serve", "--store", "memory"], launcher: Limited(limit));

        (await process.WaitForExitAsync(Patience)).ShouldBe(1, process.Transcript);
        var told = process.Errors.ShouldHaveSingleItem();
        told.ShouldContain($"may have {limit} files open");
        told.ShouldContain("ulimit -n");
    }

    [Fact]
    public async Task Idle_connections_to_any_port_leave_it_enough_files_to_serve()
    {
        await using var silo = new OraftSilo("full", ["--groups", "1", "--store", "memory"]) { Launcher = Limited(Limit) };
        silo.Start();
        await silo.WaitUntilReadyAsync();
        silo.Process.Transcript.ShouldContain($"may have {Limit} files open");
        OpenFilesOf(silo.Process.Id).ShouldBeLessThan(FileLimit.OwnMax, "what a silo opens for itself has grown: raise OwnMax");

        foreach (var port in new[] { silo.Address.Port, silo.GatewayPort, silo.SiloPort })
        {
            using var flood = await FloodAsync(port);
            await Until.TrueAsync(
                () =>
                    Task.FromResult(
                        silo.Process.HasExited || silo.Process.Errors.Any(line => line.Contains("was refused", StringComparison.Ordinal))),
                Patience,
                () => silo.Process.Transcript);
            silo.Process.HasExited.ShouldBeFalse(silo.Process.Transcript);
            OpenFilesOf(silo.Process.Id).ShouldBeLessThan(Limit);
        }

        // The silo may still count the last of them when the next client comes.
        await Until.TrueAsync(
            async () => (await CommandLineRun.AtAsync(
                silo.Address, "counter", "add", "acme", "visits", "--idempotency-key", "after-the-flood")).ExitCode == 0,
            Patience,
            () => silo.Process.Transcript);
    }

    [Theory]
    [InlineData(FileLimit.OwnMax + 23, 0)]
    [InlineData(FileLimit.OwnMax + 16 + 23, 1)]
    public void Fewer_files_than_a_silo_needs_are_refused(long limit, int servers) =>
        Should.Throw<CliException>(() => FileLimit.ConnectionsOf(limit, servers)).ExitCode.ShouldBe(ExitCode.Refused);

    [Theory]
    [InlineData(FileLimit.OwnMax + 24, 0, 24)]
    [InlineData(FileLimit.OwnMax + (3 * 16) + 1_000, 3, 1_000)]
    [InlineData(long.MaxValue, 3, int.MaxValue)]
    public void What_a_silo_needs_for_itself_is_kept(long limit, int servers, int connections) =>
        FileLimit.ConnectionsOf(limit, servers).ShouldBe(connections);

    private static IReadOnlyList<string> Limited(int files) =>
        ["/bin/sh", "-c", string.Create(CultureInfo.InvariantCulture, $"ulimit -n {files}; exec \"$@\""), "sh"];

    private static int OpenFilesOf(int process) => Directory.GetFiles($"/proc/{process}/fd").Length;

    /// <summary>Opens connections that say nothing, until all are open or refused.</summary>
    private static async Task<Connections> FloodAsync(int port)
    {
        var connections = new Connections();
        for (var i = 0; i < Flood; i++)
        {
            try
            {
                await connections.OpenAsync(port);
            }
            catch (SocketException)
            {
                // Refused, which is what is asked for.
            }
        }

        return connections;
    }

    private sealed class Connections : IDisposable
    {
        private readonly List<Socket> open = [];

        public async Task OpenAsync(int port)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            open.Add(socket);
            await socket.ConnectAsync(IPAddress.Loopback, port);
        }

        public void Dispose() => open.ForEach(static socket => socket.Dispose());
    }
}
