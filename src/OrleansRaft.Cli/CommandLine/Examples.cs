using System.CommandLine;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>Lines that may be copied, for every command: a test parses each.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, string[]> ByCommand = new(StringComparer.Ordinal)
    {
        [""] = ["oraft demo", "oraft serve", "oraft status"],
        ["demo"] = ["oraft demo", "oraft demo --no-input --seconds 20"],
        ["serve"] =
        [
            "oraft serve",
            "oraft serve --store postgres --clustering postgres \\\n      --postgres 'Host=db;Username=oraft;Database=oraft' --silo-name silo-2 \\\n"
                + "      --http http://127.0.0.1:5081 --silo-port 11112 --gateway-port 30001",
        ],
        ["migrate"] = ["oraft migrate --check --postgres 'Host=db;Username=owner;Database=oraft'"],
        ["postgres adopt"] = ["oraft postgres adopt --postgres 'Host=db;Username=owner;Database=oraft'"],
        ["postgres upgraded"] = ["oraft postgres upgraded --postgres 'Host=db;Username=owner;Database=oraft'"],
        ["postgres replace"] = ["oraft postgres replace --server 2 --postgres Host=a --postgres Host=b \\\n      --postgres Host=c"],
        ["tls init"] = ["oraft tls init certificates --silo silo-1 --silo silo-2 --silo silo-3", "oraft tls init certificates --renew"],
        ["status"] = ["oraft status", "oraft status --server https://silo-1:5080 --json"],
        ["group list"] = ["oraft group list"],
        ["group show"] = ["oraft group show counters-0"],
        ["group log"] = ["oraft group log counters-0 --after 1000 --limit 20"],
        ["group compare"] = ["oraft group compare counters-0"],
        ["group transfer"] = ["oraft group transfer counters-0 2"],
        ["group skip"] = ["oraft group skip counters-0 --entry 1042"],
        ["group raise"] = ["oraft group raise counters", "oraft group raise counters-0 --version 2"],
        ["group recover"] = ["oraft group recover counters-0 --from 2 --data ./data"],
        ["member list"] = ["oraft member list counters-0"],
        ["member add"] = ["oraft member add counters-0 --silo silo-4"],
        ["member remove"] = ["oraft member remove counters-0 2"],
        ["member replace"] = ["oraft member replace counters-0 2 --silo silo-4"],
        ["member purge"] = ["oraft member purge counters-0"],
        ["member repair"] = ["oraft member repair"],
        ["member resize"] = ["oraft member resize counters-0 5"],
        ["cluster versions"] = ["oraft cluster versions"],
        ["cluster finalize"] = ["oraft cluster finalize", "oraft cluster finalize --without silo-4"],
        ["set delete"] = ["oraft set delete ledgers"],
        ["silo decommission"] = ["oraft silo decommission silo-4"],
        ["counter get"] = ["oraft counter get acme visits", "oraft counter get acme visits --consistency stale"],
        ["counter add"] = ["oraft counter add acme visits 5", "oraft counter add acme visits 5 --key order-1042"],
        ["counter set"] = ["oraft counter set acme visits 0", "oraft counter set acme visits 7 --if-match 1042"],
        ["counter delete"] = ["oraft counter delete acme visits"],
        ["counter watch"] = ["oraft counter watch acme visits --changes 10"],
        ["counter list"] = ["oraft counter list acme --after visits --limit 100"],
        ["key create"] = ["oraft key create shop --role writer --tenant acme --expires 90"],
        ["key list"] = ["oraft key list"],
        ["key revoke"] = ["oraft key revoke k-3a9c01"],
        ["key generate"] = ["oraft key generate"],
        ["audit"] = ["oraft audit --limit 20"],
        ["tenant delete"] = ["oraft tenant delete acme"],
        ["tenant limits"] = ["oraft tenant limits acme", "oraft tenant limits acme --counters 1000", "oraft tenant limits acme --default"],
        ["backup create"] = ["oraft backup create /var/backups/oraft --keep 14", "oraft backup create before-upgrade.oraft --rate 25"],
        ["backup verify"] = ["oraft backup verify /var/backups/oraft/counters.oraft"],
        ["backup list"] = ["oraft backup list /var/backups/oraft"],
        ["backup restore"] = ["oraft backup restore /var/backups/oraft/counters.oraft --data ./data"],
        ["inspect"] = ["oraft inspect ./data", "oraft inspect 'Host=db;Username=oraft;Database=oraft' --group counters-0"],
        ["bench"] = ["oraft bench --connections 64 --seconds 30", "oraft bench --reads --counters 1"],
        ["maelstrom"] = ["oraft maelstrom --data ./nodes"],
        ["fault list"] = ["oraft fault list"],
        ["fault cut"] = ["oraft fault cut silo-1 silo-2 --for 60", "oraft fault cut 1 2 --group counters-0 --one-way"],
        ["fault delay"] = ["oraft fault delay silo-1 silo-2 200"],
        ["fault isolate"] = ["oraft fault isolate silo-1", "oraft fault isolate counters-0/leader"],
        ["fault split"] = ["oraft fault split silo-1 silo-2", "oraft fault split 1 2 --group counters-0"],
        ["fault pause"] = ["oraft fault pause counters-0/leader"],
        ["fault slow"] = ["oraft fault slow silo-1 500"],
        ["fault fail"] = ["oraft fault fail counters-0/2"],
        ["fault kill"] = ["oraft fault kill silo-2"],
        ["fault heal"] = ["oraft fault heal", "oraft fault heal f-3a9c01"],
        ["watch"] = ["oraft watch", "oraft watch --seconds 60"],
        ["lab list"] = ["oraft lab list"],
        ["lab run"] = ["oraft lab run partition", "oraft lab run ./mine.json"],
        ["completion"] = ["source <(oraft completion bash)"],
    };

    /// <summary>Those of a command; none for one that only has further commands.</summary>
    public static IReadOnlyList<string> Of(Command command) => ByCommand.GetValueOrDefault(PathOf(command), []);

    private static string PathOf(Command command) => command.Parents.OfType<Command>().FirstOrDefault() is { } parent
        ? $"{PathOf(parent)} {command.Name}".TrimStart()
        : "";
}
