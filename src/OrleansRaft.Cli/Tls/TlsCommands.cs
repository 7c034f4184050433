using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Counters;

namespace OrleansRaft.Cli.Tls;

/// <summary><c>oraft tls</c>: makes the certificates of a cluster of one's own.</summary>
internal static class TlsCommands
{
    /// <summary>The DNS name that all silos of a cluster have in their certificates, unless they are told another.</summary>
    public const string SiloNameByDefault = "silo.oraft";

    private const string AuthorityName = "ca";
    private const string KeyEnd = "-key.pem";
    private const int AuthorityDays = 3_650;
    private static readonly string[] UsualSilos = ["silo-1", "silo-2", "silo-3"];
    private static readonly string[] UsualClients = ["client"];

    private static readonly Argument<string> Folder = new("dir") { Description = "Where to write them; made when it is not there." };

    private static readonly Option<string[]> Silos = new("--silo")
    {
        Description = "A silo that gets a certificate; repeat it for several. [default: silo-1, silo-2, silo-3; with --renew, all that are there]",
        HelpName = "NAME",
        Validators = { result => RequireFileNames(result) },
    };

    private static readonly Option<string[]> Clients = new("--client")
    {
        Description = "A client that gets a certificate; repeat it for several. [default: client; with --renew, all that are there]",
        HelpName = "NAME",
        Validators = { result => RequireFileNames(result) },
    };

    private static readonly Option<string[]> Hosts = new("--host")
    {
        Description = "A name or an address by which clients reach the silos, besides their names and this machine's loopback; may be repeated.",
        HelpName = "HOST",
        Validators = { result => RequireHosts(result) },
    };

    private static readonly Option<string> SiloName = new("--tls-silo-name")
    {
        Description = "The DNS name by which silos know each other.",
        HelpName = "NAME",
        DefaultValueFactory = _ => SiloNameByDefault,
        Validators = { result => RequireHosts(result) },
    };

    private static readonly Option<int> Days = new("--days")
    {
        Description = "For how many days the certificates are valid.",
        HelpName = "N",
        DefaultValueFactory = _ => 365,
        Validators = { result => RequireDays(result) },
    };

    private static readonly Option<bool> Renew = new("--renew")
    {
        Description = "Replace the certificates that are there, or those that are named, for the same hosts. Silos and clients that run take the new "
            + "ones by themselves, within seconds.",
    };

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var init = new Command(
            "init",
            "Makes an authority (ca.pem, ca-key.pem) and certificates of it (NAME.pem, NAME-key.pem), for a cluster of your own. "
            + "An authority that is there already is used. Keep ca-key.pem away from the silos: it can issue certificates for more silos.")
        {
            Folder,
            Silos,
            Clients,
            Hosts,
            SiloName,
            Days,
            Renew,
        };
        init.SetAction(parsed => (int)Init(parsed, TimeProvider.System));
        return new Command("tls", "Makes the certificates of a cluster of your own.") { init };
    }

    private static ExitCode Init(ParseResult parsed, TimeProvider time)
    {
        var folder = Path.GetFullPath(parsed.GetRequiredValue(Folder));
        var now = time.GetUtcNow();
        var life = TimeSpan.FromDays(parsed.GetValue(Days));
        var renews = parsed.GetValue(Renew);
        var (silos, clients) = Choose(folder, parsed.GetValue(Silos) ?? [], parsed.GetValue(Clients) ?? [], renews);
        RequireDistinct([AuthorityName, .. silos, .. clients]);
        RequireAbsent(folder, renews ? [] : [.. silos, .. clients]);
        MakeFolder(folder);

        using var authority = OpenAuthority(folder, now);
        foreach (var silo in silos)
        {
            // One that is renewed is for all that it was for: whoever reaches the silo by a name goes on to do so.
            var known = HostsOf(folder, silo);
            string[] own = known.Length > 0 ? known : [parsed.GetRequiredValue(SiloName), silo, "localhost", "127.0.0.1", "::1"];
            using var certificate = CertificateAuthority.Issue(authority, silo, [.. own, .. parsed.GetValue(Hosts) ?? []], now, life);
            Write(folder, silo, certificate, replaces: true);
        }

        foreach (var client in clients)
        {
            using var certificate = CertificateAuthority.Issue(authority, client, [], now, life);
            Write(folder, client, certificate, replaces: true);
        }

        var output = parsed.InvocationConfiguration.Output;
        output.WriteLine($"{folder} holds the authority ca.pem, and certificates with keys for {string.Join(", ", silos.Concat(clients))}.");
        if (silos.Length > 0)
        {
            output.WriteLine(
                $"A silo:   oraft serve --silo-name {silos[0]} --tls-ca {Path.Combine(folder, "ca.pem")} "
                    + $"--tls-cert {Path.Combine(folder, $"{silos[0]}.pem")} --tls-key {Path.Combine(folder, $"{silos[0]}-key.pem")}");
        }

        output.WriteLine($"A client: oraft status --server https://localhost:5080 --cacert {Path.Combine(folder, "ca.pem")}");
        return ExitCode.Ok;
    }

    /// <summary>Those that are named; otherwise, in a renewal, all that are there, and the usual ones in an empty folder.</summary>
    private static (string[] Silos, string[] Clients) Choose(string folder, string[] silos, string[] clients, bool renews)
    {
        if (silos.Length + clients.Length > 0)
        {
            // What is not named and there already is left alone.
            return (
                silos.Length > 0 ? silos : [.. UsualSilos.Where(name => !IsThere(folder, name))],
                clients.Length > 0 ? clients : [.. UsualClients.Where(name => !IsThere(folder, name))]);
        }

        var keys = renews && Directory.Exists(folder) ? Directory.EnumerateFiles(folder, $"*{KeyEnd}") : [];
        var present = keys.Select(static key => Path.GetFileName(key)[..^KeyEnd.Length]).Order(StringComparer.Ordinal);
        var found = present.Where(name => name != AuthorityName && IsThere(folder, name)).ToLookup(name => HostsOf(folder, name).Length > 0);
        return found.Count > 0 ? ([.. found[true]], [.. found[false]]) : (UsualSilos, UsualClients);
    }

    private static bool IsThere(string folder, string name) => File.Exists(Path.Combine(folder, $"{name}.pem"));

    /// <summary>The names and addresses that a certificate is for; none of a client's, and where there is none.</summary>
    private static string[] HostsOf(string folder, string name)
    {
        if (!IsThere(folder, name))
        {
            return [];
        }

        var file = new PemFile(Path.Combine(folder, $"{name}.pem"), "dir");
        using var certificate = file.ReadCertificates(file.ReadText())[0];
        return
        [
            .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(static names =>
                names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(static address => address.ToString()))),
        ];
    }

    private static X509Certificate2 OpenAuthority(string folder, DateTimeOffset now)
    {
        var certificate = new PemFile(Path.Combine(folder, $"{AuthorityName}.pem"), "dir");
        var key = new PemFile(Path.Combine(folder, $"{AuthorityName}-key.pem"), "dir");
        if (!File.Exists(certificate.Path) && !File.Exists(key.Path))
        {
            var made = CertificateAuthority.Create("OrleansRaft authority", now, TimeSpan.FromDays(AuthorityDays));
            Write(folder, AuthorityName, made, replaces: false);
            return made;
        }

        using var found = certificate.ReadCertificates(certificate.ReadText())[0];
        return key.AddKey(found, certificate, key.ReadSecret());
    }

    private static void Write(string folder, string name, X509Certificate2 certificate, bool replaces)
    {
        // The key first: who finds a new certificate has its key already, and refuses the pair for a moment otherwise.
        using var key = certificate.GetECDsaPrivateKey()!;
        PemFile.Write(Path.Combine(folder, $"{name}-key.pem"), key.ExportPkcs8PrivateKeyPem() + "\n", isSecret: true, replaces);
        PemFile.Write(Path.Combine(folder, $"{name}.pem"), certificate.ExportCertificatePem() + "\n", isSecret: false, replaces);
    }

    private static void MakeFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException(
                ExitCode.Refused, $"'{folder}' cannot be made: {failure.Message.TrimEnd('.')}.", "Name a folder that this user may make.");
        }
    }

    private static void RequireAbsent(string folder, IEnumerable<string> names)
    {
        if (names.Select(name => Path.Combine(folder, $"{name}.pem")).FirstOrDefault(File.Exists) is { } present)
        {
            throw new CliException(
                ExitCode.Refused, $"'{present}' is there already; nothing was written.", "Give --renew to replace it, or name another.");
        }
    }

    private static void RequireDistinct(IReadOnlyCollection<string> names)
    {
        if (names.GroupBy(static name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(static group => group.Count() > 1) is { } twice)
        {
            throw new CliException(
                ExitCode.Usage,
                $"the name '{twice.Key}' is given twice{(twice.Key == AuthorityName ? ": it is the authority's" : "")}.",
                "Give every silo and client a name of its own; see `oraft tls init --help`.");
        }
    }

    private static void RequireFileNames(OptionResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (!NameRule.Holds(token.Value))
            {
                result.AddError($"{result.Option.Name} is '{token.Value}', but must be 1 to 128 letters, digits, '.', '_' or '-'.");
            }
        }
    }

    private static void RequireHosts(OptionResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (!IPAddress.TryParse(token.Value, out _)
                && Uri.CheckHostName(token.Value.Replace("*.", "any.", StringComparison.Ordinal)) != UriHostNameType.Dns)
            {
                result.AddError($"{result.Option.Name} is '{token.Value}', but must be a DNS name or an IP address, without a port.");
            }
        }
    }

    private static void RequireDays(OptionResult result)
    {
        if (result.GetValueOrDefault<int>() is < 1 or > AuthorityDays)
        {
            result.AddError($"--days is {result.Tokens[0].Value}, but must be from 1 to {AuthorityDays}.");
        }
    }
}
