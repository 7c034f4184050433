using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Storage;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Server;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>
/// Defaults, then the configuration, then code in the order of its registration, then PostConfigure: wherever AddRaft stands among them.
/// </summary>
public sealed class OptionsOrderTests
{
    private const int SilosDefault = 10;

    [Fact]
    public void What_code_says_before_AddRaft_stands() =>
        Raft(silo => silo.Configure<RaftOptions>(raft => raft.QuiesceTicks = 77), null).QuiesceTicks.ShouldBe(77);

    [Fact]
    public void What_code_says_after_AddRaft_stands() =>
        Raft(null, silo => silo.Configure<RaftOptions>(raft => raft.QuiesceTicks = 77)).QuiesceTicks.ShouldBe(77);

    [Fact]
    public void The_later_code_comes_after_the_earlier_whatever_is_between()
    {
        var options = Raft(
            silo => silo.Configure<RaftOptions>(raft => (raft.QuiesceTicks, raft.KeptEntries) = (77, 5)),
            silo => silo.Configure<RaftOptions>(raft => raft.QuiesceTicks += 1));

        options.QuiesceTicks.ShouldBe(78);
        options.KeptEntries.ShouldBe(5);
    }

    [Fact]
    public void The_configuration_comes_after_the_defaults_and_before_code()
    {
        Raft(null, null).QuiesceTicks.ShouldBe(SilosDefault);
        Raft(null, null, ("Raft:QuiesceTicks", "33")).QuiesceTicks.ShouldBe(33);
        Raft(silo => silo.Configure<RaftOptions>(raft => raft.QuiesceTicks = 77), null, ("Raft:QuiesceTicks", "33")).QuiesceTicks.ShouldBe(77);
        Raft(null, silo => silo.Configure<RaftOptions>(raft => raft.QuiesceTicks = 77), ("Raft:QuiesceTicks", "33")).QuiesceTicks.ShouldBe(77);
        Raft(silo => silo.Configure<RaftOptions>(raft => raft.KeptEntries = 5), null, ("Raft:QuiesceTicks", "33")).QuiesceTicks.ShouldBe(33);
    }

    [Fact]
    public void PostConfigure_has_the_last_word()
    {
        var options = Raft(
            silo => silo.Services.PostConfigure<RaftOptions>(raft => raft.QuiesceTicks = 99),
            silo => silo.Configure<RaftOptions>(raft => raft.QuiesceTicks = 77),
            ("Raft:QuiesceTicks", "33"));

        options.QuiesceTicks.ShouldBe(99);
    }

    [Fact]
    public void Faults_are_as_code_says_before_or_after_AddRaft()
    {
        Options<FaultOptions>(
            silo => silo.Configure<FaultOptions>(faults => faults.Enabled = false), null, ("Faults:Enabled", "true")).Enabled.ShouldBeFalse();
        Options<FaultOptions>(null, null, ("Faults:Enabled", "true")).Enabled.ShouldBeTrue();
    }

    [Fact]
    public void The_applications_own_word_on_the_grain_directory_stands()
    {
        var said = TimeSpan.FromSeconds(5);

        Options<GrainDirectoryOptions>(
            silo => silo.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = said), null).RangeLeaseDuration.ShouldBe(said);
        Options<GrainDirectoryOptions>(
            null, silo => silo.Configure<GrainDirectoryOptions>(directory => directory.RangeLeaseDuration = said)).RangeLeaseDuration.ShouldBe(said);
        Options<GrainDirectoryOptions>(null, null).RangeLeaseDuration.ShouldBe(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_server_shows_what_code_says(bool isBefore)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("Raft:Server:StartPage", (string?)"true")]);
        if (isBefore)
        {
            builder.Services.Configure<RaftServerOptions>(server => server.StartPage = false);
        }

        builder.Services.AddOrleansRaftServer(builder.Configuration);
        if (!isBefore)
        {
            builder.Services.Configure<RaftServerOptions>(server => server.StartPage = false);
        }

        using var host = builder.Build();

        host.Services.GetRequiredService<IOptions<RaftServerOptions>>().Value.StartPage.ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Grain_storage_of_ones_own_for_tenants_is_used_wherever_it_was_added(bool isBefore)
    {
        using var host = Build(
            silo =>
            {
                silo.UseLocalhostClustering();
                if (isBefore)
                {
                    silo.Services.AddKeyedSingleton<IGrainStorage, OwnStorage>(RaftCountersSiloBuilderExtensions.TenantStorage);
                }

                silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(1, 1);
                if (!isBefore)
                {
                    silo.Services.AddKeyedSingleton<IGrainStorage, OwnStorage>(RaftCountersSiloBuilderExtensions.TenantStorage);
                }
            });

        host.Services.GetRequiredKeyedService<IGrainStorage>(RaftCountersSiloBuilderExtensions.TenantStorage).ShouldBeOfType<OwnStorage>();
    }

    private static RaftOptions Raft(Action<ISiloBuilder>? before, Action<ISiloBuilder>? after, params (string Name, string Value)[] settings) =>
        Options<RaftOptions>(before, after, settings);

    private static T Options<T>(Action<ISiloBuilder>? before, Action<ISiloBuilder>? after, params (string Name, string Value)[] settings)
        where T : class
    {
        using var host = Build(
            silo =>
            {
                silo.UseLocalhostClustering();
                before?.Invoke(silo);
                silo.AddRaft(raft => raft.UseMemory());
                after?.Invoke(silo);
            },
            settings);
        return host.Services.GetRequiredService<IOptions<T>>().Value;
    }

    private static IHost Build(Action<ISiloBuilder> configure, params (string Name, string Value)[] settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value)));
        builder.UseOrleans(configure);
        return builder.Build();
    }

    internal sealed class OwnStorage : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Task.CompletedTask;
    }
}
