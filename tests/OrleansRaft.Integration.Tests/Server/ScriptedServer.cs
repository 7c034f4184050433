using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Admin;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>A server whose groups are scripted, for all tests of a class.</summary>
public sealed class ScriptedServer : IAsyncLifetime
{
    private readonly ScriptedAdmin admin = new();

    private ServerHost host = null!;

    public HttpClient Client => host.Client;

    public IServiceProvider Services => host.Services;

    public async ValueTask InitializeAsync() => host = await ServerHost.StartAsync(silo =>
    {
        silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(groups: 1);
        silo.Services.AddSingleton<IRaftAdmin>(admin);
    });

    public ValueTask DisposeAsync() => host.DisposeAsync();

    /// <summary>The script, as if nothing had been written into it.</summary>
    internal ScriptedAdmin Reset()
    {
        admin.Readiness = ScriptedAdmin.Ready;
        admin.Groups.Clear();
        admin.Alarms.Clear();
        admin.Failure = null;
        admin.Goals.Clear();
        admin.Skips.Clear();
        return admin;
    }
}
