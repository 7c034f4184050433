using System.Globalization;
using OrleansRaft.Cli.Tls;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>A silo that would serve what nobody should trust does not start: one line says which option, and what to do.</summary>
public sealed class TlsRefusalTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private TlsFiles files = null!;

    public async ValueTask InitializeAsync() => files = await TlsFiles.MakeAsync();

    public ValueTask DisposeAsync()
    {
        files.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("--http", "http://0.0.0.0:0", "https://")]
    [InlineData("--http", "http://*:0", "https://")]
    [InlineData("--http", "http://[::]:0", "https://")]
    [InlineData("--silo-address", "192.0.2.1", "--tls-ca")]
    public async Task Plain_text_beyond_loopback_is_refused(string option, string value, string remedy)
    {
        var run = await ServeAsync(option, value);

        ShouldBeRefused(run, option, value.TrimEnd('0'), remedy, "--insecure");
    }

    [Fact]
    public async Task Requests_without_a_key_are_refused_beyond_loopback()
    {
        var run = await ServeAsync([.. files.OptionsOf("silo-1"), "--http", "https://0.0.0.0:0", "--auth", "none"]);

        ShouldBeRefused(run, "--auth", "--insecure");
    }

    [Fact]
    public async Task A_certificate_of_the_past_is_refused()
    {
        using var authority = CertificateAuthority.Create("old", Now - TimeSpan.FromDays(9), TimeSpan.FromDays(99));
        using var old = CertificateAuthority.Issue(authority, "old", ["silo.oraft"], Now - TimeSpan.FromDays(2), TimeSpan.FromDays(1));
        await files.WriteAsync("old", old);

        ShouldBeRefused(await ServeAsync(files.OptionsOf("old")), "old.pem", "--tls-cert", "expired", "Renew");
    }

    [Fact]
    public async Task A_certificate_without_the_silos_name_is_refused()
    {
        using var authority = files.Read("ca");
        using var other = CertificateAuthority.Issue(authority, "web", ["www.example.com"], Now, TimeSpan.FromDays(1));
        await files.WriteAsync("web", other);

        ShouldBeRefused(await ServeAsync(files.OptionsOf("web")), "silo.oraft", "--tls-silo-name", "www.example.com");
    }

    [Fact]
    public async Task A_clients_certificate_is_no_silos()
    {
        ShouldBeRefused(await ServeAsync(files.OptionsOf("client")), "client.pem", "serverAuth");
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        using var others = await TlsFiles.MakeAsync();

        var run = await ServeAsync("--tls-ca", others["ca.pem"], "--tls-cert", files["silo-1.pem"], "--tls-key", files["silo-1-key.pem"]);

        ShouldBeRefused(run, "--tls-ca", "does not vouch");
    }

    [Fact]
    public async Task A_key_of_another_certificate_is_refused()
    {
        var run = await ServeAsync("--tls-cert", files["silo-1.pem"], "--tls-key", files["silo-2-key.pem"]);

        ShouldBeRefused(run, "silo-2-key.pem", "--tls-key", "does not belong");
    }

    [Theory]
    [InlineData("--tls-cert", "", "holds no certificate")]
    [InlineData("--tls-cert", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "cannot be read")]
    [InlineData("--tls-key", "", "holds no private key")]
    [InlineData("--tls-key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "cannot be read")]
    [InlineData("--tls-key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", "encrypted")]
    [InlineData("--tls-ca", "no PEM at all", "holds no certificate")]
    public async Task What_is_no_PEM_is_refused_by_its_name(string option, string text, string problem)
    {
        await SecretText.WriteAsync(files["wrong.pem"], text, TestContext.Current.CancellationToken);

        ShouldBeRefused(await ServeAsync(Replace(option, files["wrong.pem"])), option, "wrong.pem", problem);
    }

    [Theory]
    [InlineData("--tls-cert")]
    [InlineData("--tls-key")]
    [InlineData("--tls-ca")]
    public async Task A_file_that_is_not_there_is_refused_by_its_name(string option) =>
        ShouldBeRefused(await ServeAsync(Replace(option, files["absent.pem"])), option, "absent.pem", "cannot be read");

    [Theory]
    [InlineData("--http https://127.0.0.1:0", "--tls-cert")]
    [InlineData("--tls-cert x.pem", "--tls-key")]
    [InlineData("--tls-key x.pem", "--tls-cert")]
    [InlineData("--tls-ca x.pem", "--tls-cert")]
    [InlineData("--http-clients certificate", "--tls-cert")]
    [InlineData("--http-clients some", "any, certificate")]
    [InlineData("--tls-cert x.pem --tls-key x.pem --http-clients certificate", "--tls-ca")]
    [InlineData("--tls-cert x.pem --tls-key x.pem --tls-ca x.pem --http-clients certificate --http http://127.0.0.1:0", "https://")]
    [InlineData("--auth perhaps", "keys, none")]
    [InlineData("--insecure=perhaps", "true or false")]
    [InlineData("--admin-key-file x", "--auth keys")]
    public async Task Options_that_lack_others_are_usage_errors(string line, string remedy)
    {
        var run = await CommandLineRun.RunAsync(["serve", .. line.Split(' ')]);

        run.ExitCode.ShouldBe(2, run.Error);
        run.Error.ShouldContain(remedy);
    }

    [Theory]
    [InlineData("no key", "holds no API key")]
    [InlineData(null, "cannot be read")]
    public async Task A_file_without_a_key_is_refused(string? text, string problem)
    {
        if (text is not null)
        {
            await SecretText.WriteAsync(files["key"], text, TestContext.Current.CancellationToken);
        }

        ShouldBeRefused(await ServeAsync("--auth", "keys", "--admin-key-file", files["key"]), "--admin-key-file", problem);
    }

    private IEnumerable<string> Replace(string option, string file) => files.OptionsOf("silo-1").Chunk(2)
        .SelectMany(pair => pair[0] == option ? [option, file] : pair);

    private static void ShouldBeRefused(CommandLineRun run, params ReadOnlySpan<string> words)
    {
        run.ExitCode.ShouldBe(1, run.Error);
        run.Error.ShouldStartWith("oraft: ");
        run.Error.TrimEnd().ShouldNotContain('\n');
        foreach (var word in words)
        {
            run.Error.ShouldContain(word);
        }

        run.Output.ShouldBeEmpty();
    }

    private Task<CommandLineRun> ServeAsync(params IEnumerable<string> arguments) => CommandLineRun.RunAsync(
    [
        "serve",
        "--silo-port", FreePorts.Next().ToString(CultureInfo.InvariantCulture),
        "--gateway-port", FreePorts.Next().ToString(CultureInfo.InvariantCulture),
        "--data", files["data"],
        .. arguments,
    ]);
}
