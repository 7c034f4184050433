using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Tls;

/// <summary>What a certificate may be used for.</summary>
internal enum CertificateUse
{
    /// <summary>To serve: TLS' own server authentication.</summary>
    Server,

    /// <summary>To be a client.</summary>
    Client,
}

/// <summary>Looks whether a certificate can be of use, before somebody else refuses it in words that help nobody.</summary>
internal static class CertificateCheck
{
    private static readonly Oid ServerUse = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ClientUse = new("1.3.6.1.5.5.7.3.2");

    /// <summary>The number of a use, as certificates name it.</summary>
    public static Oid OidOf(CertificateUse use) => use == CertificateUse.Server ? ServerUse : ClientUse;

    /// <summary>The rules by which certificates of others are believed: those that some authorities vouch for, and no others.</summary>
    public static X509ChainPolicy PolicyOf(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    /// <summary>Refuses a certificate whose time has not come or is over, or that may not be used so.</summary>
    /// <exception cref="CliException">It is of no use.</exception>
    public static void RequireUsable(X509Certificate2 certificate, PemFile home, CertificateUse use, DateTimeOffset now)
    {
        if (now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime())
        {
            var isEarly = now < certificate.NotBefore.ToUniversalTime();
            throw new CliException(
                ExitCode.Refused,
                $"the certificate in {home} {(isEarly ? "begins to be valid" : "expired")} at "
                    + $"{Text(isEarly ? certificate.NotBefore : certificate.NotAfter)}, and it is {Text(now.UtcDateTime)} now.",
                isEarly
                    ? "Check this machine's clock, or use a certificate that is valid."
                    : "Renew it; with `oraft tls init DIR --renew`, for example.");
        }

        if (certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } uses
            && !uses.EnhancedKeyUsages.Cast<Oid>().Any(allowed => allowed.Value == OidOf(use).Value))
        {
            var word = use == CertificateUse.Server ? "serverAuth" : "clientAuth";
            throw new CliException(
                ExitCode.Refused,
                $"the certificate in {home} may not be used for {(use == CertificateUse.Server ? "servers" : "clients")}: "
                    + $"its extended key usage lacks {word}.",
                $"Use one that has {word}: silos need both serverAuth and clientAuth.");
        }
    }

    /// <summary>Refuses a certificate that authorities do not vouch for.</summary>
    /// <exception cref="CliException">They do not.</exception>
    public static void RequireSigned(
        X509Certificate2 certificate,
        X509Certificate2Collection others,
        PemFile home,
        X509Certificate2Collection authorities,
        PemFile homeOfAuthorities)
    {
        using var chain = new X509Chain { ChainPolicy = PolicyOf(authorities) };
        chain.ChainPolicy.ExtraStore.AddRange(others);
        if (!chain.Build(certificate))
        {
            var reasons = string.Join(", ", chain.ChainStatus.Select(static status => status.Status.ToString()).Distinct());
            throw new CliException(
                ExitCode.Refused,
                $"the authority in {homeOfAuthorities} does not vouch for the certificate in {home}: {reasons}.",
                "Name the authority that signed it, together with those in between, in one file.");
        }
    }

    /// <summary>Refuses a certificate that is not for a name.</summary>
    /// <exception cref="CliException">It is not.</exception>
    public static void RequireName(X509Certificate2 certificate, PemFile home, string name, string option)
    {
        if (!certificate.MatchesHostname(name, allowWildcards: true, allowCommonName: false))
        {
            throw new CliException(
                ExitCode.Refused,
                $"the certificate in {home} is not for the name '{name}' ({option}), by which silos know each other; {NamesOf(certificate)}.",
                $"Use a certificate with that DNS name among its subject alternative names, or name another with {option} on every silo.");
        }
    }

    /// <summary>When something is, for people.</summary>
    public static string Text(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string NamesOf(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault() is { } names
            ? "it is for "
                + string.Join(", ", names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(static address => address.ToString())))
            : "it has no subject alternative name";
}
