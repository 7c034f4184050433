using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Tls;

namespace OrleansRaft.Cli.Serve.Tls;

/// <summary>The certificates of a silo as its files held them at one moment, checked against each other.</summary>
internal sealed class TlsIdentity
{
    private readonly X509Certificate2Collection authorities;

    private TlsIdentity(X509Certificate2 certificate, X509Certificate2Collection between, X509Certificate2Collection authorities, string digest)
    {
        Certificate = certificate;
        Context = SslStreamCertificateContext.Create(certificate, between, offline: true);
        this.authorities = authorities;
        Digest = digest;
    }

    /// <summary>The silo's certificate, with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The same, with what a server sends along.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>Tells files from others.</summary>
    public string Digest { get; }

    /// <summary>Reads and checks the files.</summary>
    /// <param name="settings">Which files.</param>
    /// <param name="now">When the certificate has to be valid.</param>
    /// <param name="known">A digest of files that need not be read again.</param>
    /// <returns>Null when the files are those that are known.</returns>
    /// <exception cref="CliException">One cannot be read, or they do not go together.</exception>
    public static TlsIdentity? Read(TlsSettings settings, DateTimeOffset now, string? known = null)
    {
        var (certificates, key) = (settings.Certificate.ReadText(), settings.Key.ReadSecret());
        var vouching = settings.Authority?.ReadText() ?? "";
        var digest = DigestOf(certificates, key, vouching);
        if (digest == known)
        {
            return null;
        }

        var chain = settings.Certificate.ReadCertificates(certificates);
        var between = new X509Certificate2Collection(chain.Skip(1).ToArray());
        CertificateCheck.RequireUsable(chain[0], settings.Certificate, CertificateUse.Server, now);
        var authorities = new X509Certificate2Collection();
        if (settings.Authority is { } home)
        {
            authorities = home.ReadCertificates(vouching);
            CertificateCheck.RequireUsable(chain[0], settings.Certificate, CertificateUse.Client, now);
            CertificateCheck.RequireSigned(chain[0], between, settings.Certificate, authorities, home);
            CertificateCheck.RequireName(chain[0], settings.Certificate, settings.SiloName, "--tls-silo-name");
        }

        return new TlsIdentity(settings.Key.AddKey(chain[0], settings.Certificate, key), between, authorities, digest);
    }

    /// <summary>By which certificates of others are believed, for one connection.</summary>
    public X509ChainPolicy NewPolicy() => CertificateCheck.PolicyOf(authorities);

    private static string DigestOf(params ReadOnlySpan<string> texts)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts)
        {
            digest.AppendData(System.Text.Encoding.UTF8.GetBytes(text));
            digest.AppendData([0]);
        }

        return Convert.ToHexString(digest.GetHashAndReset());
    }
}
