using System.CommandLine;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.Tls;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>Options of how a server is believed, and as whom it is asked.</summary>
internal static class AccessOptions
{
    private const int KeyLengthMax = 4_096;

    private static readonly Option<string> Authority = Named(
        "--cacert", "FILE", "The authorities that vouch for the server, in PEM; those of this machine without it.");

    private static readonly Option<string> Certificate = Named("--cert", "FILE", "A certificate to show to the server, in PEM.");

    private static readonly Option<string> CertificateKey = Named("--cert-key", "FILE", "The private key of --cert, in PEM.");

    private static readonly Option<string> Key = Named(
        "--key", "KEY", "The API key. On a command line every user of this machine can see it.");

    private static readonly Option<string> KeyFile = Named("--key-file", "FILE", "The file that holds the API key, where --key does not.");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Option> All { get; } = [Authority, Certificate, CertificateKey, Key, KeyFile];

    /// <summary>What the command line says, or the environment.</summary>
    /// <exception cref="CliException">A file cannot be read, or something is wrong with what it holds.</exception>
    public static ServerAccess Read(ParseResult parsed)
    {
        var (certificate, key) = (FileOf(parsed, Certificate), FileOf(parsed, CertificateKey));
        if (certificate is null != key is null)
        {
            throw new CliException(
                ExitCode.Usage,
                $"{(certificate ?? key)!.Source} names a file, but {(certificate is null ? "--cert" : "--cert-key")} names none.",
                "A certificate is of use only together with its key: name both.");
        }

        var authorities = FileOf(parsed, Authority);
        return new ServerAccess(CommonOptions.ServerOf(parsed))
        {
            Authorities = authorities?.ReadCertificates(authorities.ReadText()),
            Certificate = certificate is null
                ? null
                : key!.AddKey(certificate.ReadCertificates(certificate.ReadText())[0], certificate, key.ReadSecret()),
            Key = ReadKey(parsed),
        };
    }

    private static string? ReadKey(ParseResult parsed)
    {
        // What stands on the command line comes before the environment, whichever of the two it is.
        var (given, file) = (Said(parsed, Key), FileOf(parsed, KeyFile));
        if (given is { } said && (file is null || said.Source == Key.Name))
        {
            file = null;
        }
        else if (file is null)
        {
            return null;
        }

        var key = file is null ? given!.Value.Value : file.ReadSecret().Trim();
        return IsKey(key)
            ? key
            : throw new CliException(
                ExitCode.Usage,
                file is null ? $"{given!.Value.Source} is no API key." : $"the file {file} holds no API key.",
                "An API key begins with oraft_, as `oraft key create` prints it; a token of another issuer is a JWT. "
                    + "The key under which a write can be repeated is --idempotency-key.");
    }

    private static bool IsKey(string key) =>
        key.Length <= KeyLengthMax
        && key.All(static letter => letter is > ' ' and <= '~')
        && (key.StartsWith("oraft_", StringComparison.Ordinal) || key.Count(static letter => letter == '.') == 2);

    private static PemFile? FileOf(ParseResult parsed, Option<string> option) =>
        Said(parsed, option) is { } said ? new PemFile(said.Value, said.Source) : null;

    private static (string Value, string Source)? Said(ParseResult parsed, Option<string> option)
    {
        if (parsed.GetResult(option) is { Implicit: false })
        {
            return (parsed.GetRequiredValue(option), option.Name);
        }

        var variable = VariableOf(option.Name);
        return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? (value, variable) : null;
    }

    private static string VariableOf(string option) => "ORAFT_" + option.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    private static Option<string> Named(string name, string placeholder, string description) => new(name)
    {
        Description = $"{description} [environment: {VariableOf(name)}]",
        HelpName = placeholder,
        Recursive = true,
    };
}
