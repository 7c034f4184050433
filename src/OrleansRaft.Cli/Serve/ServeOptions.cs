using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Serve.Tls;
using OrleansRaft.Cli.Tls;
using OrleansRaft.Counters;
using OrleansRaft.Grains.Admin;

namespace OrleansRaft.Cli.Serve;

/// <summary>The options of <c>oraft serve</c>.</summary>
internal static class ServeOptions
{
    private const string HttpByDefault = "http://127.0.0.1:5080";
    private const string HttpsByDefault = "https://127.0.0.1:5080";

    private static readonly Setting SiloName = new(
        "--silo-name",
        "NAME",
        "The silo's name: stable across restarts, different for every silo. A second silo of a name that runs is refused.",
        null,
        "silo-PORT, after --silo-port");

    private static readonly Setting Http = new(
        "--http", "URL", "The address of the HTTP API and the page.", null, $"{HttpByDefault}, or https:// with --tls-cert");

    private static readonly Setting Hosts = new(
        "--hosts",
        "NAME",
        "A name under which --http may be asked, such as that of a proxy before it, besides addresses, localhost and the names in the certificate: "
            + "another one, to which another site's page may have led a browser, is refused. *.NAME means those beneath it, and * any; repeat it for "
            + "several.",
        null,
        isRepeatable: true);

    private static readonly Setting SiloAddress = new(
        "--silo-address", "ADDRESS", "The address by which the other silos reach this one.", "127.0.0.1");

    private static readonly Setting SiloPort = new("--silo-port", "PORT", "The port for the other silos.", "11111");

    private static readonly Setting GatewayPort = new("--gateway-port", "PORT", "The port for Orleans clients.", "30000");

    private static readonly Setting Store = new(
        "--store",
        "sqlite|postgres|memory",
        "Where the silo keeps its logs; those in memory are gone with the process, and for a cluster of one silo.",
        "sqlite");

    private static readonly Setting Data = new(
        "--data", "DIR", "The folder of the sqlite store; not used by other stores.", "data", "./data");

    private static readonly Setting Clustering = new(
        "--clustering",
        "localhost|postgres",
        "How silos find each other: not at all, or on the first --postgres server. "
            + "Orleans' membership keeps its defaults (Orleans:Membership), but for this: a silo that starts declares "
            + "dead whoever ran under its name before, and other silos that neither extend their leases nor can be connected to for 8 s, "
            + "so that a whole cluster that was killed is ready again within 30 s, "
            + "under other addresses too; and its generation is above all former ones, wherever its clock stands.", "localhost");

    private static readonly Setting ClusterId = new("--cluster-id", "NAME", "The cluster's name; the same for all of its silos.", "oraft");

    private static readonly Setting Groups = new(
        "--groups", "N", "How many Raft groups the counters are spread over; fixed when the cluster first starts.", "16");

    private static readonly Setting Replicas = new(
        "--replicas", "N", "How many replicas each group has, from 1 to 7; fixed likewise.", "3");

    private static readonly Setting Drain = new(
        "--drain",
        "SECONDS",
        "For how long the silo says that it is not ready, and still serves, before it hands its leaderships over and stops: "
            + "as long as load balancers take to notice.",
        "5");

    private static readonly Setting Auth = new(
        "--auth",
        "keys|none",
        "Whether requests need an API key. The first one, of an admin, is in the file of --admin-key-file, or is made at the first start and written "
            + "to admin-key in the folder of --data.",
        null,
        "keys where --http can be reached from other machines, unless --insecure is given; otherwise none");

    private static readonly Setting AdminKeyFile = new(
        "--admin-key-file",
        "FILE",
        "A file with the API key of an admin, as `oraft key generate` prints it, mode 0600: the key is in force once the silo runs, unless it was "
            + "revoked.",
        null);

    private static readonly Setting Insecure = new(
        "--insecure",
        "BOOL",
        "Serve plain text, and requests without a key, beyond loopback too: for a private network. Otherwise an address "
            + "that other machines can reach is refused without TLS and keys.",
        "false",
        isFlag: true);

    /// <summary>Settings of the libraries, for which there is no option of their own.</summary>
    public static Option<string[]> Set { get; } = new("--set")
    {
        Description = "Any other setting, such as Raft:LeaderLease=true or Orleans:Membership:NumMissedProbesLimit=5; may be repeated.",
        HelpName = "KEY=VALUE",
        Validators = { result => RequirePairs(result) },
    };

    /// <summary>All of them, in the order of the help text.</summary>
    public static IReadOnlyList<Setting> All { get; } =
        [
            SiloName, Http, Hosts, SiloAddress, SiloPort, GatewayPort, Store, Data, PostgresSettings.Servers, PostgresSettings.File,
            Clustering, ClusterId, Groups, Replicas, Drain, .. TlsSettings.All, Auth, AdminKeyFile, Insecure,
        ];

    /// <summary>What was said, checked one by one and against each other.</summary>
    /// <exception cref="CliException">Something makes no sense.</exception>
    public static ServeSettings Read(ParseResult parsed, IConfiguration configuration)
    {
        (string Value, string Source) Of(Setting setting) => setting.Read(parsed, configuration)!.Value;

        var siloPort = Number(Of(SiloPort), 1, 65_535);
        var tls = TlsSettings.Read(parsed, configuration);
        var settings = new ServeSettings
        {
            SiloName = SiloName.Read(parsed, configuration) is { } name ? Name(name) : $"silo-{siloPort}",
            Http = Http.Read(parsed, configuration) is { } http ? HttpAddress(http) : tls is null ? HttpByDefault : HttpsByDefault,
            Hosts = [.. Hosts.ReadAll(parsed, configuration).Select(HostName)],
            SiloAddress = Address(Of(SiloAddress)),
            SiloPort = siloPort,
            GatewayPort = Number(Of(GatewayPort), 1, 65_535),
            Store = OneOf<StoreKind>(Of(Store)),
            Data = Path.GetFullPath(Of(Data).Value),
            Postgres = PostgresSettings.Read(parsed, configuration),
            Clustering = OneOf<ClusteringKind>(Of(Clustering)),
            ClusterId = Name(Of(ClusterId)),
            Groups = Number(Of(Groups), 1, 100_000),
            Replicas = Number(Of(Replicas), 1, MembershipGoal.VotersMax),
            Drain = Seconds(Of(Drain), 3_600),
            Tls = tls,
            IsInsecure = Flag(Of(Insecure)),
            AdminKeyFile = AdminKeyFile.Read(parsed, configuration) is { } file ? new PemFile(Path.GetFullPath(file.Value), file.Source) : null,
        };
        RequireAgreement(settings);
        Exposure.RequireTls(settings);
        return settings with { AsksForKeys = AsksForKeys(settings, Auth.Read(parsed, configuration)) };
    }

    private static bool AsksForKeys(ServeSettings settings, (string Value, string Source)? said)
    {
        var isExposed = Exposure.IsBeyondLoopback(settings.Http) && !settings.IsInsecure;
        var asks = said switch
        {
            null => isExposed,
            { Value: "keys" } => true,
            { Value: "none" } => false,
            _ => throw Setting.Invalid(said.Value, "one of keys, none"),
        };
        if (!asks && isExposed)
        {
            throw new CliException(
                ExitCode.Refused,
                $"{said!.Value.Source} is none, but --http is {settings.Http}, where other machines would need no key.",
                "Leave it out, so that keys are required; --insecure allows this in a private network.");
        }

        if (!asks && settings.AdminKeyFile is { } file)
        {
            throw new CliException(
                ExitCode.Usage,
                $"{file.Source} names a key, but no keys are asked for.",
                "Add --auth keys, or leave the file out; see `oraft serve --help`.");
        }

        return asks;
    }

    private static void RequireAgreement(ServeSettings settings)
    {
        if (settings.SiloPort == settings.GatewayPort)
        {
            throw new CliException(
                ExitCode.Usage,
                $"--silo-port and --gateway-port are both {settings.SiloPort}.",
                "Give them two different ports; see `oraft serve --help`.");
        }

        var wantsPostgres = settings.Store == StoreKind.Postgres || settings.Clustering == ClusteringKind.Postgres;
        if (wantsPostgres && settings.Postgres.Count == 0)
        {
            throw new CliException(
                ExitCode.Usage,
                $"{(settings.Store == StoreKind.Postgres ? "--store" : "--clustering")} postgres needs a server.",
                "Name it with --postgres 'Host=...;Username=...;Database=...', --postgres-file or ORAFT_POSTGRES; see `oraft serve --help`.");
        }

        if (settings.Clustering == ClusteringKind.Postgres && settings.Store != StoreKind.Postgres)
        {
            throw new CliException(
                ExitCode.Usage,
                $"silos of one cluster cannot share a {(settings.Store == StoreKind.Sqlite ? "local file" : "process's memory")}, "
                + $"so --clustering postgres does not go with --store {(settings.Store == StoreKind.Sqlite ? "sqlite" : "memory")}.",
                "Use --store postgres, or --clustering localhost for a cluster of one silo; see `oraft serve --help`.");
        }
    }

    private static int Number((string Value, string Source) said, int min, int max) =>
        int.TryParse(said.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Setting.Invalid(said, $"a whole number from {min} to {max}");

    private static bool Flag((string Value, string Source) said) =>
        bool.TryParse(said.Value, out var yes) ? yes : throw Setting.Invalid(said, "true or false");

    private static TimeSpan Seconds((string Value, string Source) said, int max) =>
        double.TryParse(said.Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= max
            ? TimeSpan.FromSeconds(seconds)
            : throw Setting.Invalid(said, $"a number of seconds from 0 to {max}");

    private static string Name((string Value, string Source) said) =>
        NameRule.Holds(said.Value)
            ? said.Value
            : throw Setting.Invalid(said, "1 to 128 letters, digits, '.', '_' or '-', and neither '.' nor '..'");

    private static T OneOf<T>((string Value, string Source) said)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>();
        var index = Array.FindIndex(names, name => name.Equals(said.Value, StringComparison.OrdinalIgnoreCase));
        return index >= 0
            ? Enum.GetValues<T>()[index]
            : throw Setting.Invalid(said, $"one of {string.Join(", ", names.Select(name => name.ToLowerInvariant()))}");
    }

    private static string HttpAddress((string Value, string Source) said)
    {
        try
        {
            var address = BindingAddress.Parse(said.Value);
            if (address is { Scheme: "http" or "https", IsUnixPipe: false } && address.Port is >= 0 and <= 65_535 && address.PathBase.Length == 0)
            {
                return said.Value;
            }
        }
        catch (FormatException)
        {
            // Said below, in the words of the option.
        }

        throw Setting.Invalid(said, $"an address such as {HttpByDefault}, or {HttpsByDefault}");
    }

    private static string HostName((string Value, string Source) said) =>
        said.Value == "*"
            || Uri.CheckHostName(said.Value.StartsWith("*.", StringComparison.Ordinal) ? said.Value[2..] : said.Value) != UriHostNameType.Unknown
            ? said.Value
            : throw Setting.Invalid(said, "a name such as counters.example.org, without scheme and port, *.example.org, or *");

    private static IPAddress Address((string Value, string Source) said)
    {
        if (!IPAddress.TryParse(said.Value, out var address))
        {
            try
            {
                address = Dns.GetHostAddresses(said.Value).OrderBy(found => found.AddressFamily).FirstOrDefault();
            }
            catch (Exception failure) when (failure is SocketException or ArgumentException)
            {
                throw Setting.Invalid(said, "an IP address of this machine, or a name that has one");
            }
        }

        return address is null || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
            ? throw Setting.Invalid(said, "an address that the other silos can reach, not a wildcard")
            : address;
    }

    private static void RequirePairs(System.CommandLine.Parsing.OptionResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (token.Value.IndexOf('=', StringComparison.Ordinal) < 1)
            {
                result.AddError($"--set is '{token.Value}', but must be KEY=VALUE, such as Raft:LeaderLease=true.");
            }
        }
    }
}
