using System.Security.Cryptography.X509Certificates;

namespace OrleansRaft.Integration.Tests.Trust;

public sealed class TlsCommandTests
{
    [Fact]
    public async Task Init_makes_an_authority_and_certificates_that_it_vouches_for()
    {
        using var files = await TlsFiles.MakeAsync("--host", "cluster.example", "--host", "10.1.2.3");

        foreach (var name in new[] { "silo-1", "silo-2", "silo-3", "client" })
        {
            using var certificate = files.Read(name);
            using var chain = new X509Chain { ChainPolicy = OrleansRaft.Cli.Tls.CertificateCheck.PolicyOf(files.Authorities()) };
            chain.Build(certificate).ShouldBeTrue(name);
            certificate.HasPrivateKey.ShouldBeTrue();
            var isSilo = name != "client";
            foreach (var host in new[] { "silo.oraft", name, "localhost", "127.0.0.1", "cluster.example", "10.1.2.3" })
            {
                certificate.MatchesHostname(host, allowCommonName: false).ShouldBe(isSilo, $"{name} for {host}");
            }
        }
    }

    [Fact]
    public async Task Keys_are_for_their_owner_alone()
    {
        using var files = await TlsFiles.MakeAsync();

        foreach (var key in Directory.EnumerateFiles(files.Folder, "*-key.pem"))
        {
            TlsFiles.ModeOf(key).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite, key);
        }

        Directory.EnumerateFiles(files.Folder, "*-key.pem").Count().ShouldBe(5);
    }

    [Fact]
    public async Task What_is_there_is_replaced_only_when_asked_and_by_the_same_authority()
    {
        using var files = await TlsFiles.MakeAsync();
        using var before = files.Read("silo-1");
        using var authority = files.Read("ca");

        var refused = await files.InitAsync();
        var renewed = await files.InitAsync("--renew");

        refused.ExitCode.ShouldBe(1);
        refused.Error.ShouldContain("silo-1.pem");
        refused.Error.ShouldContain("--renew");
        renewed.ExitCode.ShouldBe(0, renewed.Error);
        using var after = files.Read("silo-1");
        after.SerialNumber.ShouldNotBe(before.SerialNumber);
        files.Authorities()[0].Thumbprint.ShouldBe(authority.Thumbprint);
    }

    /// <summary>A renewal is typed without all that was said a year ago.</summary>
    [Fact]
    public async Task A_renewal_replaces_all_that_is_there_for_the_same_hosts()
    {
        using var files = await TlsFiles.MakeAsync("--silo", "north", "--client", "billing", "--host", "cluster.example", "--host", "10.1.2.3");
        using var before = files.Read("north");
        using var client = files.Read("billing");

        var renewed = await files.InitAsync("--renew", "--host", "later.example");

        renewed.ExitCode.ShouldBe(0, renewed.Error);
        using var after = files.Read("north");
        after.SerialNumber.ShouldNotBe(before.SerialNumber);
        foreach (var host in new[] { "silo.oraft", "north", "localhost", "127.0.0.1", "::1", "cluster.example", "10.1.2.3", "later.example" })
        {
            after.MatchesHostname(host, allowCommonName: false).ShouldBeTrue(host);
        }

        using var clientAfter = files.Read("billing");
        clientAfter.SerialNumber.ShouldNotBe(client.SerialNumber);
        clientAfter.MatchesHostname("later.example", allowCommonName: false).ShouldBeFalse();
        File.Exists(files["silo-1.pem"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData("--silo", "silo-4")]
    [InlineData("--client", "billing")]
    public async Task Another_one_is_added_later_and_leaves_the_others_alone(string option, string name)
    {
        using var files = await TlsFiles.MakeAsync();
        using var silo = files.Read("silo-1");
        using var client = files.Read("client");

        var added = await files.InitAsync(option, name);

        added.ExitCode.ShouldBe(0, added.Error);
        File.Exists(files[$"{name}-key.pem"]).ShouldBeTrue();
        using var siloAfter = files.Read("silo-1");
        siloAfter.SerialNumber.ShouldBe(silo.SerialNumber);
        using var clientAfter = files.Read("client");
        clientAfter.SerialNumber.ShouldBe(client.SerialNumber);
    }

    [Theory]
    [InlineData("--silo", "a/b")]
    [InlineData("--silo", "ca")]
    [InlineData("--client", "silo-1")]
    [InlineData("--host", "example.com:5080")]
    [InlineData("--host", "two words")]
    [InlineData("--days", "0")]
    [InlineData("--days", "3651")]
    [InlineData("--tls-silo-name", "two words")]
    public async Task What_makes_no_sense_is_a_usage_error_that_names_it(string option, string value)
    {
        using var files = new TlsFiles();

        var run = await files.InitAsync(option, value);

        run.ExitCode.ShouldBe(2, run.Error);
        run.Error.ShouldContain(value);
        Directory.EnumerateFileSystemEntries(files.Folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_refused()
    {
        using var files = await TlsFiles.MakeAsync();

        var run = await OrleansRaft.Integration.Tests.Cli.CommandLineRun.RunAsync("tls", "init", Path.Combine(files["ca.pem"], "below"));

        run.ExitCode.ShouldBe(1, run.Error);
        run.Error.ShouldContain("cannot be made");
    }
}
