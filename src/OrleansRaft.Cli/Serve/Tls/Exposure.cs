using System.Net;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Serve.Tls;

/// <summary>
/// Which of a silo's ports can be reached from other machines. There is nothing in plain text there unless somebody says that it is meant so.
/// </summary>
internal static class Exposure
{
    /// <summary>Refuses plain text on an address beyond loopback.</summary>
    /// <exception cref="CliException">Some port would serve it.</exception>
    public static void RequireTls(ServeSettings settings)
    {
        RequireAgreement(settings);
        if (settings.IsInsecure)
        {
            return;
        }

        if (!IsHttps(settings.Http) && IsBeyondLoopback(settings.Http))
        {
            throw Refuse(
                $"--http is {settings.Http}: anyone on the network path could read all traffic, keys included",
                "Give it an address that begins with https://, with --tls-cert and --tls-key (`oraft tls init` makes them), "
                    + "or listen on 127.0.0.1 with a proxy before it");
        }

        if (settings.Tls?.Authority is null && !IPAddress.IsLoopback(settings.SiloAddress))
        {
            throw Refuse(
                $"--silo-address is {settings.SiloAddress}, and without --tls-ca anyone who reaches its ports could join the cluster",
                "Give it --tls-cert, --tls-key and --tls-ca (`oraft tls init` makes them)");
        }
    }

    /// <summary>Whether an address of HTTP can be reached from other machines.</summary>
    public static bool IsBeyondLoopback(string http) => BindingAddress.Parse(http).Host switch
    {
        "localhost" => false,
        var host when IPAddress.TryParse(host.Trim('[', ']'), out var address) => !IPAddress.IsLoopback(address),

        // A name other than localhost means every address of this machine.
        _ => true,
    };

    /// <summary>Whether an address of HTTP is one of TLS.</summary>
    public static bool IsHttps(string http) => http.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    private static void RequireAgreement(ServeSettings settings)
    {
        if (IsHttps(settings.Http) && settings.Tls is null)
        {
            throw new CliException(
                ExitCode.Usage,
                $"--http is {settings.Http}, but there is no certificate.",
                "Name one with --tls-cert and --tls-key (`oraft tls init` makes them); see `oraft serve --help`.");
        }

        if (settings.Tls is { RequiresClientCertificate: true } && !IsHttps(settings.Http))
        {
            throw new CliException(
                ExitCode.Usage,
                $"--http-clients asks for certificates, but --http is {settings.Http}, where no client can present one.",
                "Give --http an address that begins with https://; see `oraft serve --help`.");
        }
    }

    private static CliException Refuse(string what, string remedy) => new(
        ExitCode.Refused,
        $"{what}.",
        $"{remedy}; --insecure allows this in a private network.");
}
