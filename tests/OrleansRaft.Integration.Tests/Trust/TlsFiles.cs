using System.Security.Cryptography.X509Certificates;
using OrleansRaft.Cli.Tls;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>The certificates of <c>oraft tls init</c>, in a folder that goes with the test.</summary>
internal sealed class TlsFiles : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("oraft-tls-").FullName;

    public string this[string name] => Path.Combine(Folder, name);

    public static async Task<TlsFiles> MakeAsync(params IEnumerable<string> more)
    {
        var files = new TlsFiles();
        (await files.InitAsync(more)).ExitCode.ShouldBe(0);
        return files;
    }

    public Task<CommandLineRun> InitAsync(params IEnumerable<string> more) => CommandLineRun.RunAsync(["tls", "init", Folder, .. more]);

    public static UnixFileMode ModeOf(string file) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file);

    /// <summary>The options of a silo that uses them.</summary>
    public IReadOnlyList<string> OptionsOf(string silo) =>
        ["--tls-ca", this["ca.pem"], "--tls-cert", this[$"{silo}.pem"], "--tls-key", this[$"{silo}-key.pem"]];

    public X509Certificate2 Read(string name) => X509Certificate2.CreateFromPemFile(this[$"{name}.pem"], this[$"{name}-key.pem"]);

    public X509Certificate2Collection Authorities()
    {
        var found = new X509Certificate2Collection();
        found.ImportFromPemFile(this["ca.pem"]);
        return found;
    }

    /// <summary>A client that believes these authorities alone, and none whose connection is older than a request.</summary>
    public HttpClient NewClient(X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero };
        handler.SslOptions.CertificateChainPolicy = CertificateCheck.PolicyOf(Authorities());
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>Writes a certificate with its key.</summary>
    public async Task WriteAsync(string name, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        await File.WriteAllTextAsync(this[$"{name}.pem"], certificate.ExportCertificatePem());
        await SecretText.WriteAsync(this[$"{name}-key.pem"], key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
