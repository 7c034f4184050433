using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Integration.Tests.Architecture;
using OrleansRaft.Integration.Tests.Server;
using OrleansRaft.Runtime.Diagnostics;
using YamlDotNet.RepresentationModel;

namespace OrleansRaft.Integration.Tests.Operating;

/// <summary>
/// A cluster is brought into the state that each rule of infra/prometheus is about, and the rule fires on what <c>/metrics</c> says then: a rule that
/// names a metric that is called otherwise would be silent for ever. What raises each alarm for real, the tests with the trait "alarm" show.
/// </summary>
[Collection(Alone)]
[CollectionDefinition(Alone, DisableParallelization = true)]
public sealed class AlertRuleTests
{
    // Silos of one process share its measurements, and what is scraped is to be this one's alone.
    private const string Alone = "alerts";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan BetweenScrapes = TimeSpan.FromSeconds(15);
    private static readonly string Infra = Path.Combine(SourceTree.Root, "infra");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_rule_is_silent_when_all_is_well_and_fires_in_the_state_that_it_is_about()
    {
        await using var host = await ServerHost.StartAsync(
            silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCatalogue(replicas: 1).AddRaftCounters(groups: 1, replicas: 3),
            ("Faults:Enabled", "true"),
            ("Raft:RequestIdsMax", "10"),
            ("Raft:Server:Limits:Counters", "20"));
        await Eventually.HoldsAsync(
            async () => (await host.Client.AskAsync("/health/ready")).Status == HttpStatusCode.OK, "the silo is ready", Patience);
        (await IncrementAsync(host, "well")).Status.ShouldBe(HttpStatusCode.OK);
        var well = await ScrapeAsync(host);
        (await IncrementAsync(host, "well")).Status.ShouldBe(HttpStatusCode.OK);
        var quiet = await ScrapeAsync(host);
        FiringIn(well, quiet).ShouldBeEmpty("all is well");

        await CrowdAsync(host);
        var crowded = await ScrapeAsync(host);
        await SlowDownAsync(host);
        RequireBoard(await ScrapeAsync(host));
        await BreakAsync(host);
        var silent = Rules().Select(static rule => rule.Alert).Except(FiringIn(quiet, crowded)).ToList();
        var deadline = TimeProvider.System.GetTimestamp();
        while (silent.Count > 0 && TimeProvider.System.GetElapsedTime(deadline) < Patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(400), Cancellation);
            silent = [.. silent.Except(FiringIn(crowded, [.. await ScrapeAsync(host), Up("silo-2", await IsAnsweringAsync())]))];
        }

        silent.ShouldBeEmpty("every rule fires");
    }

    [Fact]
    public void Every_rule_has_its_page_in_the_runbook_and_every_alarm_its_rule()
    {
        var pages = Directory.GetFiles(Path.Combine(Infra, "runbook"), "*.md").Select(Path.GetFileName).ToHashSet();
        var index = File.ReadAllText(Path.Combine(Infra, "runbook", "README.md"));
        foreach (var rule in Rules())
        {
            pages.ShouldContain(Path.GetFileName(rule.Runbook), rule.Alert);
            File.ReadAllText(Path.Combine(SourceTree.Root, rule.Runbook)).ShouldStartWith($"# {rule.Alert}\n");
            index.ShouldContain($"[{rule.Alert}]({Path.GetFileName(rule.Runbook)})");
        }

        AlarmNames.All.Except(Rules().Select(static rule => Path.GetFileNameWithoutExtension(rule.Runbook))).ShouldBeEmpty();
    }

    private static IReadOnlyList<(string Alert, string Expression, string Runbook)> Rules()
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(Path.Combine(Infra, "prometheus", "alerts.yaml"))));
        return
        [
            .. from rule in (YamlSequenceNode)stream.Documents[0].RootNode["groups"][0]["rules"]
               select ($"{rule["alert"]}", $"{rule["expr"]}", $"{rule["annotations"]["runbook"]}"),
        ];
    }

    private static IReadOnlyList<string> FiringIn(IReadOnlyList<Sample> before, IReadOnlyList<Sample> now) =>
        [.. Rules().Where(rule => new PromQl(before, now, BetweenScrapes).Evaluate(rule.Expression).Count > 0).Select(static rule => rule.Alert)];

    /// <summary>What is drawn exists: a panel whose metric is called otherwise would be empty for ever.</summary>
    private static void RequireBoard(IReadOnlyList<Sample> scrape)
    {
        using var board = JsonDocument.Parse(File.ReadAllText(Path.Combine(Infra, "grafana", "oraft.json")));
        var query = new PromQl(scrape, scrape, BetweenScrapes);
        var targets = board.RootElement.GetProperty("panels")
            .EnumerateArray()
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
            .ToList();
        targets.ForEach(target => query.Evaluate(target.GetProperty("expr").GetString()!));

        targets.Count.ShouldBeGreaterThan(10);
        string[] ofSeveralSilos = ["raft_lane_messages_total", "raft_lane_calls_total", "raft_lane_lost_total"];
        query.Names.Except(ofSeveralSilos).Except(scrape.Select(static sample => sample.Name)).ShouldBeEmpty();
    }

    /// <summary>Too many of everything, and leaders that come and go.</summary>
    private static async Task CrowdAsync(ServerHost host)
    {
        var admin = host.Services.GetRequiredService<IRaftAdmin>();
        await admin.CompareAsync("counters-0", Cancellation);
        for (var turn = 0; turn < 6; turn++)
        {
            await admin.TransferLeadershipAsync("counters-0", new ReplicaId(1 + (turn % 3)), Cancellation);
        }

        for (var number = 0; number < 12; number++)
        {
            foreach (var (tenant, key) in new[] { ("keys", $"key-{number}"), ($"other-{number}", "key") })
            {
                await host.Client.SendAsync(
                    HttpMethod.Post, $"/api/v1/tenants/{tenant}/counters/c/increment", """{"by":1}""", headers: ("Idempotency-Key", key));
            }
        }

        for (var number = 0; number < 22; number++)
        {
            await IncrementAsync(host, $"new-{number}");
        }
    }

    private static async Task SlowDownAsync(ServerHost host)
    {
        await BeginAsync(host, """{"kind":"slow","silo":"silo-1","milliseconds":1100,"seconds":60}""");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => IncrementAsync(host, "well")));
        (await host.Client.SendAsync(HttpMethod.Delete, "/api/v1/faults")).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    private static async Task BreakAsync(ServerHost host)
    {
        var board = host.Services.GetRequiredService<AlarmBoard>();
        foreach (var name in AlarmNames.All)
        {
            board.Report(name, "a subject", "Something is wrong.", "Mend it.");
        }

        for (var replica = 1; replica <= 3; replica++)
        {
            await BeginAsync(host, $$"""{"kind":"isolate","group":"counters-0","replica":{{replica}},"seconds":300}""");
        }
    }

    private static async Task BeginAsync(ServerHost host, string fault)
    {
        var begun = await host.Client.SendAsync(HttpMethod.Post, "/api/v1/faults", fault);
        begun.Status.ShouldBe(HttpStatusCode.Created, begun.Text);
    }

    private static Task<Answer> IncrementAsync(ServerHost host, string counter) =>
        host.Client.SendAsync(HttpMethod.Post, $"/api/v1/tenants/acme/counters/{counter}/increment", """{"by":1}""");

    /// <summary>What Prometheus knows of a silo after a scrape.</summary>
    private static async Task<IReadOnlyList<Sample>> ScrapeAsync(ServerHost host)
    {
        var answer = await host.Client.AskAsync("/metrics");
        return [.. Samples.Parse(answer.Text), Up("silo-1", answer.Status == HttpStatusCode.OK)];
    }

    private static Sample Up(string instance, bool isUp) =>
        new("up", new Dictionary<string, string> { ["job"] = "oraft", ["instance"] = instance }, isUp ? 1 : 0);

    /// <summary>Whether the silo answers that nobody started.</summary>
    private static async Task<bool> IsAnsweringAsync()
    {
        using var client = new HttpClient();
        try
        {
            using var answer = await client.GetAsync(new Uri("http://127.0.0.1:1/metrics"), Cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
