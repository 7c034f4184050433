using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Connections.Security;
using OrleansRaft.Counters;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Integration.Tests.EndToEnd;
using OrleansRaft.Runtime;
using OrleansRaft.Testbed;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>A cluster of real processes in which nobody is believed without a certificate and a key.</summary>
[Collection(EndToEndCluster.Name)]
public sealed class TrustedClusterTests(EndToEndCluster cluster)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_serves_by_tls_and_keys_alone_and_takes_new_certificates_while_it_runs()
    {
        await using var trusted = await TrustedCluster.StartAsync(cluster, "trusted", "--set", "Logging:LogLevel:Default=Trace");
        var silo = trusted.Silos[0];

        var made = await OraftAsync(trusted, 0, trusted.AdminKey, "key", "create", "billing", "--role", "writer");
        made.ExitCode.ShouldBe(0, made.Error + trusted.Transcript);
        var key = made.Output.Trim();
        foreach (var asked in trusted.Silos)
        {
            await trusted.AnswersAsync(asked, key, HttpStatusCode.OK);
        }

        (await OraftAsync(trusted, 2, key, "counter", "add", "acme", "visits", "5")).ExitCode.ShouldBe(0);
        (await OraftAsync(trusted, 1, key, "counter", "get", "acme", "visits", "--json")).Objects[0].GetProperty("value").GetInt64().ShouldBe(5);

        // Who does not know the authority does not believe the server, and says what is missing.
        var strange = await CommandLineRun.RunAsync("status", "--server", silo.Address.AbsoluteUri, "--key", key);
        strange.ExitCode.ShouldBe(3);
        strange.Error.ShouldContain("--cacert");

        // Only a silo's certificate opens the port of silos: that the cluster works shows that it does. A client's opens the gateway.
        using var others = await TlsFiles.MakeAsync();
        await IsRefusedAsync(trusted, silo.SiloPort, trusted.Files, "client");
        await IsRefusedAsync(trusted, silo.SiloPort, trusted.Files, null);
        await IsRefusedAsync(trusted, silo.SiloPort, others, "silo-2");
        await IsRefusedAsync(trusted, silo.GatewayPort, trusted.Files, null);
        await IsRefusedAsync(trusted, silo.GatewayPort, others, "client");
        await SubmitAsOrleansClientAsync(trusted);

        var before = await SerialAsync(silo.Address, trusted.Files);
        (await trusted.Files.InitAsync("--renew")).ExitCode.ShouldBe(0);
        await Until.TrueAsync(
            async () => await SerialAsync(silo.Address, trusted.Files) != before,
            Deadline,
            () => $"the new certificate is not used:\n{trusted.Transcript}");
        (await OraftAsync(trusted, 0, key, "counter", "add", "acme", "visits")).ExitCode.ShouldBe(0);

        // At the most talkative level no log holds a key.
        foreach (var started in trusted.Silos)
        {
            var lines = started.Process.Errors.Concat(started.Process.Output).ToList();
            lines.Count.ShouldBeGreaterThan(100, "the log is talkative");
            lines.Where(line => line.Contains(key[17..]) || line.Contains(trusted.AdminKey[17..])).ShouldBeEmpty();
        }
    }

    [LongFact]
    public async Task A_revoked_key_is_refused_by_every_silo_and_one_that_reaches_no_catalogue_refuses_all_after_a_while()
    {
        await using var trusted = await TrustedCluster.StartAsync(cluster, "revoked", "--set", "Raft:Server:Access:PatienceSeconds=5");
        var made = await OraftAsync(trusted, 0, trusted.AdminKey, "key", "create", "short", "--json");
        made.ExitCode.ShouldBe(0, made.Error);
        var (id, key) = (made.Objects[0].GetProperty("key").GetString()!, made.Objects[0].GetProperty("secret").GetString()!);
        foreach (var silo in trusted.Silos)
        {
            await trusted.AnswersAsync(silo, key, HttpStatusCode.OK);
        }

        (await OraftAsync(trusted, 1, trusted.AdminKey, "key", "revoke", id)).ExitCode.ShouldBe(0);
        foreach (var silo in trusted.Silos)
        {
            await trusted.AnswersAsync(silo, key, HttpStatusCode.Unauthorized);
            (await trusted.AskAsync(silo, trusted.AdminKey)).ShouldBe(HttpStatusCode.OK);
        }

        var last = await OraftAsync(trusted, 1, trusted.AdminKey, "key", "revoke", trusted.AdminKey[6..16]);
        last.ExitCode.ShouldBe(5, last.Error);
        last.Error.ShouldContain("last");

        // Alone, without a majority for the catalogue, a silo cannot know whether a key is still in force.
        trusted.Silos[1].Process.Pause();
        trusted.Silos[2].Process.Pause();
        await trusted.AnswersAsync(trusted.Silos[0], trusted.AdminKey, HttpStatusCode.ServiceUnavailable);
        trusted.Silos[1].Process.Resume();
        trusted.Silos[2].Process.Resume();
    }

    private static Task<CommandLineRun> OraftAsync(TrustedCluster trusted, int silo, string key, params IEnumerable<string> line) =>
        CommandLineRun.AtAsync(trusted.Silos[silo].Address, [.. line, "--cacert", trusted.Files["ca.pem"], "--key", key]);

    /// <summary>
    /// Waits until a port closes the connection of somebody with such a certificate. One that is let in stays open: Orleans waits for its first
    /// words.
    /// </summary>
    private static async Task IsRefusedAsync(TrustedCluster trusted, int port, TlsFiles files, string? name)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Deadline);
        using var certificate = name is null ? null : files.Read(name);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        await using var tls = new SslStream(socket.GetStream());
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "silo.oraft",
                    ClientCertificates = certificate is null ? null : [certificate],
                    CertificateChainPolicy = OrleansRaft.Cli.Tls.CertificateCheck.PolicyOf(trusted.Files.Authorities()),
                    ApplicationProtocols = [new SslApplicationProtocol("Orleans1")],
                },
                limit.Token);
            (await tls.ReadAsync(new byte[1], limit.Token)).ShouldBe(0);
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            // In one of these two ways a client hears of it, by the version of TLS.
        }
    }

    private static async Task<string> SerialAsync(Uri address, TlsFiles files)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, address.Port, Cancellation);
        await using var tls = new SslStream(socket.GetStream());
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                CertificateChainPolicy = OrleansRaft.Cli.Tls.CertificateCheck.PolicyOf(files.Authorities()),
            },
            Cancellation);
        return tls.RemoteCertificate!.GetSerialNumberString();
    }

    /// <summary>Orleans' own way for clients, with Orleans' own options.</summary>
    private static async Task SubmitAsOrleansClientAsync(TrustedCluster trusted)
    {
        using var certificate = trusted.Files.Read("client");
        using var client = new HostBuilder()
            .UseOrleansClient(orleans => orleans
                .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = ("Npgsql", trusted.Database))
                .UseTls(tls =>
                {
                    tls.LocalCertificate = certificate;
                    tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
                    tls.OnAuthenticateAsClient = (_, options) =>
                    {
                        options.TargetHost = "silo.oraft";
                        ((SslClientAuthenticationOptions)options.SslClientAuthenticationOptions).CertificateChainPolicy =
                            OrleansRaft.Cli.Tls.CertificateCheck.PolicyOf(trusted.Files.Authorities());
                    };
                })
                .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = trusted.ClusterId))
            .Build();
        await client.StartAsync(Cancellation);
        var counter = client.Services.GetRequiredService<IClusterClient>().GetRaftGroup<CounterCommand, CounterResult>(
            CounterMachine.SetName, "acme/gateway");
        (await counter.SubmitAsync(new IncrementCounter(1), "once", Cancellation)).ShouldBeOfType<Committed<CounterResult>>();
        await client.StopAsync(Cancellation);
    }
}
