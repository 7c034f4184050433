using System.Globalization;
using System.Text.RegularExpressions;
using OrleansRaft.Cli.Serve;
using OrleansRaft.Integration.Tests.Architecture;
using YamlDotNet.RepresentationModel;

namespace OrleansRaft.Integration.Tests.Operating;

/// <summary>
/// What stands in infra, held against rules that were checked by hand, since no schema of Kubernetes or Docker is at hand everywhere: what is missing
/// or does not go together is not noticed before it is needed.
/// </summary>
public sealed partial class InfraTests
{
    private const int DrainAndStopSeconds = 15;

    private static readonly string Infra = Path.Combine(SourceTree.Root, "infra");

    private static readonly HashSet<string> Settings = [.. ServeOptions.All.Select(static setting => setting.Environment)];

    private static YamlNode Silo => Kubernetes("StatefulSet");

    private static YamlNode Pod => Silo["spec"]["template"]["spec"];

    private static YamlNode Container => Pod["containers"][0];

    [Fact]
    public void Kubernetes_keeps_a_majority_whatever_it_does()
    {
        var budget = Kubernetes("PodDisruptionBudget");
        Text(budget["apiVersion"]).ShouldBe("policy/v1");
        Text(budget["spec"]["maxUnavailable"]).ShouldBe("1");
        Labels(budget["spec"]["selector"]["matchLabels"]).ShouldBe(Labels(Silo["spec"]["template"]["metadata"]["labels"]));
        Labels(Silo["spec"]["selector"]["matchLabels"]).ShouldBe(Labels(Silo["spec"]["template"]["metadata"]["labels"]));
        Number(Silo["spec"]["replicas"]).ShouldBeGreaterThanOrEqualTo(3);
        var apart = Pod["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0];
        Text(apart["topologyKey"]).ShouldBe("kubernetes.io/hostname");
        Labels(apart["labelSelector"]["matchLabels"]).ShouldBe(Labels(Silo["spec"]["template"]["metadata"]["labels"]));
        Number(Pod["terminationGracePeriodSeconds"]).ShouldBeGreaterThanOrEqualTo(DrainAndStopSeconds);
        Services().ShouldContain(Text(Silo["spec"]["serviceName"]), "a StatefulSet's own service gives the pods their names");
    }

    [Fact]
    public void Kubernetes_asks_the_right_questions_on_the_right_port()
    {
        (string, string)[] probes = [("startupProbe", "/health/live"), ("livenessProbe", "/health/live"), ("readinessProbe", "/health/ready")];
        foreach (var (probe, path) in probes)
        {
            var question = Container[probe]["httpGet"];
            Text(question["path"]).ShouldBe(path, probe);
            Text(question["scheme"]).ToLowerInvariant().ShouldBe(Environment("ORAFT_HTTP").Split(':')[0], probe);
            Ports().ShouldContain(Text(question["port"]), probe);
        }

        // A silo that waits for PostgreSQL is not started again before it can have come up.
        var startUp = Container["startupProbe"];
        (Number(startUp["periodSeconds"]) * Number(startUp["failureThreshold"])).ShouldBeGreaterThanOrEqualTo(300);
        foreach (var service in All("Service"))
        {
            foreach (var port in (YamlSequenceNode)service["spec"]["ports"])
            {
                var named = port is YamlMappingNode mapping && mapping.Children.ContainsKey("targetPort") ? port["targetPort"] : port["name"];
                Ports().ShouldContain(Text(named));
            }
        }
    }

    [Fact]
    public void Kubernetes_gives_a_silo_what_it_needs_and_nothing_more()
    {
        Text(Container["resources"]["requests"]["cpu"]).ShouldNotBeEmpty();
        Text(Container["resources"]["requests"]["memory"]).ShouldNotBeEmpty();
        Text(Container["resources"]["limits"]["memory"]).ShouldNotBeEmpty();
        Text(Pod["securityContext"]["runAsNonRoot"]).ShouldBe("true");
        Text(Pod["securityContext"]["seccompProfile"]["type"]).ShouldBe("RuntimeDefault");
        Text(Container["securityContext"]["allowPrivilegeEscalation"]).ShouldBe("false");
        Text(Container["securityContext"]["readOnlyRootFilesystem"]).ShouldBe("true");
        Text(Container["securityContext"]["capabilities"]["drop"][0]).ShouldBe("ALL");
        var volumes = ((YamlSequenceNode)Pod["volumes"]).Select(static volume => Text(volume["name"])).ToHashSet();
        ((YamlSequenceNode)Container["volumeMounts"]).Select(static mount => Text(mount["name"])).ShouldBe(volumes, ignoreOrder: true);
        var mounted = ((YamlSequenceNode)Pod["volumes"]).OfType<YamlMappingNode>();
        foreach (var secret in mounted.Where(static volume => volume.Children.ContainsKey("secret")))
        {
            Text(secret["secret"]["defaultMode"]).ShouldBe("0440", "the key is nobody else's to read");
        }
    }

    /// <summary>Every variable is one that a silo reads, and none holds a secret in so many words.</summary>
    [Fact]
    public void Every_variable_is_known_and_no_password_stands_in_a_file()
    {
        foreach (var variable in (YamlSequenceNode)Container["env"])
        {
            Settings.ShouldContain(Text(variable["name"]));
        }

        var files = Directory.GetFiles(Infra, "*", SearchOption.AllDirectories);
        foreach (var file in files.Where(static file => !file.EndsWith(".md", StringComparison.Ordinal)))
        {
            var text = File.ReadAllText(file);
            foreach (Match variable in Variable().Matches(text))
            {
                var isKnown = Settings.Contains(variable.Value) || variable.Value is "ORAFT_POSTGRES_PASSWORD" or "ORAFT_DRAIN";
                isKnown.ShouldBeTrue($"{variable.Value} in {file}");
            }

            foreach (Match password in Password().Matches(text))
            {
                password.Groups["value"].Value.ShouldMatch(@"^(\.\.\.|\$\{|choose-one)", $"a password in {file}");
            }
        }
    }

    [Fact]
    public void Compose_publishes_nothing_beyond_this_machine_and_gives_silos_time_to_stop()
    {
        var compose = Load(Path.Combine(Infra, "compose.yaml")).Single();
        var silos = ((YamlMappingNode)compose["services"]).Children
            .Where(static service => $"{service.Key}".StartsWith("silo-", StringComparison.Ordinal))
            .ToList();
        silos.Count.ShouldBe(3);
        Number(((YamlScalarNode)compose["x-silo"]["stop_grace_period"]).Value!.TrimEnd('s')).ShouldBeGreaterThanOrEqualTo(DrainAndStopSeconds);
        Text(compose["x-silo"]["restart"]).ShouldBe("unless-stopped");
        foreach (var (name, service) in silos)
        {
            ((YamlSequenceNode)service["ports"]).ShouldAllBe(port => $"{port}".StartsWith("127.0.0.1:", StringComparison.Ordinal), $"{name}");
        }

        foreach (var setting in ((YamlMappingNode)compose["x-settings"]).Children.Keys)
        {
            Settings.ShouldContain($"{setting}");
        }
    }

    [Fact]
    public void The_unit_starts_a_silo_again_gives_it_time_to_stop_and_locks_it_up()
    {
        var unit = File.ReadAllLines(Path.Combine(Infra, "systemd", "oraft@.service"))
            .Where(static line => line.Contains('=') && line[0] is not ('#' or ';'))
            .Select(static line => line.Split('=', 2))
            .ToLookup(static pair => pair[0], static pair => pair[1]);
        var known = ServeOptions.All.Select(static setting => setting.Option.Name).ToHashSet();

        unit["Restart"].ShouldBe(["always"]);
        unit["RestartPreventExitStatus"].ShouldBe(["2"], "a wrong option stays wrong");
        Number(unit["TimeoutStopSec"].Single()).ShouldBeGreaterThanOrEqualTo(DrainAndStopSeconds);
        Number(unit["LimitNOFILE"].Single()).ShouldBeGreaterThanOrEqualTo(65_536);
        foreach (var word in unit["ExecStart"].Single().Split(' ').Where(static word => word.StartsWith("--", StringComparison.Ordinal)))
        {
            known.ShouldContain(word);
        }

        string[] all = ["NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome", "ProtectKernelModules", "ProtectControlGroups"];
        foreach (var locked in all)
        {
            unit[locked].ShouldBe(["yes"], locked);
        }

        unit["ProtectSystem"].ShouldBe(["strict"]);
        unit["StateDirectoryMode"].ShouldBe(["0700"]);
        unit["User"].Single().ShouldNotBe("root");
    }

    private static YamlNode Kubernetes(string kind) => All(kind).Single();

    private static IEnumerable<YamlNode> All(string kind) =>
        Load(Path.Combine(Infra, "kubernetes", "oraft.yaml")).Where(document => Text(document["kind"]) == kind);

    private static IEnumerable<string> Services() => All("Service").Select(static service => Text(service["metadata"]["name"]));

    private static IEnumerable<string> Ports() => ((YamlSequenceNode)Container["ports"]).Select(static port => Text(port["name"]));

    private static string Environment(string name) =>
        Text(((YamlSequenceNode)Container["env"]).Single(variable => Text(variable["name"]) == name)["value"]);

    private static IReadOnlyList<YamlNode> Load(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(file)));
        return [.. stream.Documents.Select(static document => document.RootNode)];
    }

    private static Dictionary<string, string> Labels(YamlNode labels) =>
        ((YamlMappingNode)labels).Children.ToDictionary(static label => $"{label.Key}", static label => $"{label.Value}");

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value ?? "";

    private static int Number(YamlNode node) => Number(Text(node));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\bORAFT_[A-Z_]+\b")]
    private static partial Regex Variable();

    [GeneratedRegex(@"(?i)password\s*[=:]\s*(?<value>\S+)")]
    private static partial Regex Password();
}
