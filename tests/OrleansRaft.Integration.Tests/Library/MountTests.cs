using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansRaft.Counters.Web;
using OrleansRaft.Integration.Tests.Grains;
using OrleansRaft.Lab.Web;
using OrleansRaft.Server;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>The API is not mounted where requests to it could only fail.</summary>
public sealed class MountTests
{
    [Fact]
    public void Without_its_services() =>
        Refusal(silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(1, 1), isAdded: false).ShouldContain("AddOrleansRaftServer");

    [Fact]
    public void Without_a_silo() => Refusal(null).ShouldContain("UseOrleans");

    [Fact]
    public void Without_groups() => Refusal(_ => { }).ShouldContain("AddRaft");

    [Fact]
    public void Counters_without_their_groups() => Refusal(WithLedgers, static app => app.MapCounters()).ShouldContain("AddRaftCounters");

    [Fact]
    public void A_lab_without_its_services() => Refusal(WithLedgers, static app => app.MapLab()).ShouldContain("AddRaftLab");

    [Fact]
    public void A_view_without_the_page() =>
        Refusal(silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(1, 1), static app => app.MapCounters(), isAdded: false)
            .ShouldContain("AddOrleansRaftServer");

    [Fact]
    public void With_a_dashboard_that_was_turned_on_too_late() => Refusal(
        silo =>
        {
            silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(1, 1);
            silo.Configure<RaftServerOptions>(server => server.Dashboard = true);
        },
        settings: ("Raft:Server:Dashboard", "false")).ShouldContain("Raft:Server:Dashboard");

    private static void WithLedgers(ISiloBuilder silo) =>
        silo.AddRaft(raft => raft.UseMemory()).AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>("ledgers", 1, 1);

    private static string Refusal(Action<ISiloBuilder>? configure, bool isAdded = true, params (string Name, string Value)[] settings) =>
        Refusal(configure, static app => app.MapOrleansRaft(), isAdded, settings);

    private static string Refusal(
        Action<ISiloBuilder>? configure, Action<WebApplication> map, bool isAdded = true, params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.WebHost.UseKestrelCore();
        builder.Services.AddRouting();
        if (configure is not null)
        {
            builder.UseOrleans(silo => configure(silo.UseLocalhostClustering()));
        }

        if (isAdded)
        {
            builder.Services.AddOrleansRaftServer(builder.Configuration);
        }

        using var app = (IDisposable)builder.Build();
        return Should.Throw<InvalidOperationException>(() => map((WebApplication)app)).Message;
    }
}
