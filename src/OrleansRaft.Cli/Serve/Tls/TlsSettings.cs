using System.CommandLine;
using Microsoft.Extensions.Configuration;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Tls;

namespace OrleansRaft.Cli.Serve.Tls;

/// <summary>The certificates that a silo was told to use.</summary>
internal sealed record TlsSettings
{
    private static readonly Setting CertificateFile = new(
        "--tls-cert",
        "FILE",
        "The silo's certificate, in PEM, with those between it and its authority: HTTP is https then. A file that changes is read again within "
            + "seconds; `oraft tls init` makes certificates for a cluster of your own.",
        null);

    private static readonly Setting KeyFile = new("--tls-key", "FILE", "The private key of --tls-cert, in PEM, not encrypted; mode 0600.", null);

    private static readonly Setting AuthorityFile = new(
        "--tls-ca",
        "FILE",
        "The authorities that vouch for silos and clients, in PEM. With it silos talk to each other by TLS only, and each asks the other for its "
            + "certificate; so does the gateway of Orleans clients. The same on all silos.",
        null);

    private static readonly Setting SiloNameInCertificates = new(
        "--tls-silo-name",
        "NAME",
        "The DNS name in every silo's certificate, by which silos know each other: the certificate of a client, which lacks it, admits no silo.",
        TlsCommands.SiloNameByDefault);

    private static readonly Setting HttpClients = new(
        "--http-clients", "any|certificate", "Whether HTTP clients need a certificate of --tls-ca.", "any");

    /// <summary>All of them, in the order of the help text.</summary>
    public static IReadOnlyList<Setting> All { get; } = [CertificateFile, KeyFile, AuthorityFile, SiloNameInCertificates, HttpClients];

    /// <summary>The silo's certificate.</summary>
    public required PemFile Certificate { get; init; }

    /// <summary>Its private key.</summary>
    public required PemFile Key { get; init; }

    /// <summary>Who vouches for silos and clients; null where silos do not use TLS among each other.</summary>
    public required PemFile? Authority { get; init; }

    /// <summary>The name by which silos know each other.</summary>
    public required string SiloName { get; init; }

    /// <summary>Whether HTTP clients need a certificate.</summary>
    public required bool RequiresClientCertificate { get; init; }

    /// <summary>What was said; null when nothing was said of TLS.</summary>
    /// <exception cref="CliException">Something makes no sense, or lacks something else.</exception>
    public static TlsSettings? Read(ParseResult parsed, IConfiguration configuration)
    {
        var certificate = FileOf(CertificateFile, parsed, configuration);
        var key = FileOf(KeyFile, parsed, configuration);
        var authority = FileOf(AuthorityFile, parsed, configuration);
        var clients = HttpClients.Read(parsed, configuration)!.Value;
        var requires = clients.Value switch
        {
            "any" => false,
            "certificate" => true,
            _ => throw Setting.Invalid(clients, "one of any, certificate"),
        };
        if (certificate is null)
        {
            return ((key ?? authority)?.Source ?? (requires ? clients.Source : null)) is { } said
                ? throw Lacks(said, "a certificate", "--tls-cert")
                : null;
        }

        return new TlsSettings
        {
            Certificate = certificate,
            Key = key ?? throw Lacks(certificate.Source, "the certificate's private key", "--tls-key"),
            Authority = authority ?? (requires ? throw Lacks(clients.Source, "the authority of the clients' certificates", "--tls-ca") : null),
            SiloName = SiloNameInCertificates.Read(parsed, configuration)!.Value.Value,
            RequiresClientCertificate = requires,
        };
    }

    private static PemFile? FileOf(Setting setting, ParseResult parsed, IConfiguration configuration) =>
        setting.Read(parsed, configuration) is { } said ? new PemFile(Path.GetFullPath(said.Value), said.Source) : null;

    private static CliException Lacks(string said, string what, string option) =>
        new(ExitCode.Usage, $"{said} needs {what}, but {option} names none.", $"Name it with {option}; see `oraft serve --help`.");
}
