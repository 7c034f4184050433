using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansRaft.Cli.Tls;

/// <summary>Makes an authority, and certificates that it vouches for: for clusters of one's own, without a program besides.</summary>
internal static class CertificateAuthority
{
    // Clocks of machines differ.
    private static readonly TimeSpan Early = TimeSpan.FromHours(1);
    private const int SerialBytes = 16;

    /// <summary>Makes an authority.</summary>
    /// <param name="name">Its name, for people.</param>
    /// <param name="now">From when on it is valid.</param>
    /// <param name="life">For how long.</param>
    public static X509Certificate2 Create(string name, DateTimeOffset now, TimeSpan life)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NameOf(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now - Early, now + life);
    }

    /// <summary>Makes a certificate, with its key.</summary>
    /// <param name="authority">Vouches for it; with its key.</param>
    /// <param name="name">Whose it is, for people.</param>
    /// <param name="hosts">The DNS names and IP addresses that it is for; none for one that is no server's.</param>
    /// <param name="now">From when on it is valid.</param>
    /// <param name="life">For how long, at most: it ends with its authority.</param>
    public static X509Certificate2 Issue(
        X509Certificate2 authority, string name, IReadOnlyCollection<string> hosts, DateTimeOffset now, TimeSpan life)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(NameOf(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        CertificateUse[] uses = hosts.Count == 0 ? [CertificateUse.Client] : [CertificateUse.Server, CertificateUse.Client];
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. uses.Select(CertificateCheck.OidOf)], critical: false));
        if (hosts.Count > 0)
        {
            request.CertificateExtensions.Add(NamesOf(hosts));
        }

        var start = Latest(now - Early, authority.NotBefore);
        var end = authority.NotAfter.ToUniversalTime() is var last && last < now + life ? last : now + life;
        using var certificate = request.Create(authority, start, end, RandomNumberGenerator.GetBytes(SerialBytes));
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Extension NamesOf(IEnumerable<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(host, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        return names.Build();
    }

    private static X500DistinguishedName NameOf(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        builder.AddOrganizationName("OrleansRaft");
        return builder.Build();
    }

    private static DateTimeOffset Latest(DateTimeOffset one, DateTime other) => one > other.ToUniversalTime() ? one : other.ToUniversalTime();
}
