using OrleansRaft.Cli.Tls;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Integration.Tests.Trust;
using OrleansRaft.PostgreSql;
using OrleansRaft.Storage.TestKit;

namespace OrleansRaft.Integration.Tests.Stores;

/// <summary>A PostgreSQL server that is believed by its certificate alone: what infra/README.md says of the connection string.</summary>
public sealed class PostgreSqlTlsTests : PostgreSqlTestBase
{
    [Fact]
    public async Task A_server_is_believed_by_its_certificate_and_its_name_and_by_nothing_else()
    {
        using var files = await TlsFiles.MakeAsync();
        using var others = await TlsFiles.MakeAsync();
        var server = await StartServerAsync();
        var database = await server.CreateDatabaseAsync("tls");
        await server.UseTlsAsync(
            await File.ReadAllTextAsync(files["silo-1.pem"], Cancellation), await File.ReadAllTextAsync(files["silo-1-key.pem"], Cancellation));
        var verified = $"{database};SSL Mode=VerifyFull;Root Certificate={files["ca.pem"]}";
        var byAnother = $"{database};SSL Mode=VerifyFull;Root Certificate={others["ca.pem"]}";

        await (await OpenReplica.OpenAsync(await StartStoreAsync(verified), Key)).AppendAsync(1, "a");
        (await ExecuteAsync(PostgreSqlSchema.ForOrleans(verified), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).ShouldBe(true);
        var strange = await RefusedAsync(() => StartStoreAsync(byAnother));
        var plain = await RefusedAsync(() => StartStoreAsync($"{database};SSL Mode=Disable"));
        var command = await CommandLineRun.RunAsync("migrate", "--check", "--postgres", byAnother);

        strange.Message.ShouldContain("certificate");
        plain.Message.ShouldContain("no encryption");
        command.ExitCode.ShouldBe(1);
        command.Error.ShouldContain("certificate");
        (await OpenReplica.OpenAsync(await StartStoreAsync(verified), Key)).Bodies.ShouldBe(["a"]);

        // Another machine of the same authority.
        using var authority = files.Read("ca");
        using var elsewhere = CertificateAuthority.Issue(authority, "x", ["db.example.org"], TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));
        await files.WriteAsync("elsewhere", elsewhere);
        await server.UseTlsAsync(
            await File.ReadAllTextAsync(files["elsewhere.pem"], Cancellation), await File.ReadAllTextAsync(files["elsewhere-key.pem"], Cancellation));
        (await RefusedAsync(() => StartStoreAsync(verified))).Message.ShouldContain("certificate");
    }
}
