using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Integration.Tests.Server;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Access;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>One silo that asks for keys, and a key of each kind.</summary>
public sealed class AccessServer : IAsyncLifetime
{
    /// <summary>The tenant that some keys are for.</summary>
    public const string Tenant = "acme";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Dictionary<string, string> keys = [];
    private ServerHost host = null!;

    public IServiceProvider Services => host.Services;

    public Uri Address => host.Address;

    /// <summary>A key by its name: its role, and its tenant if it is for one, as <c>writer:acme</c>.</summary>
    public string this[string name] => keys[name];

    public async ValueTask InitializeAsync()
    {
        host = await ServerHost.StartAsync(
            silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCatalogue(replicas: 1).AddRaftCounters(groups: 2, replicas: 1),
            asksForKeys: true,
            [("Raft:Server:Lab", "true"), ("Raft:Server:Dashboard", "true"), ("Faults:Enabled", "true"), .. Tokens.Settings]);
        await Eventually.HoldsAsync(
            async () => (await host.Client.AskAsync("/health/ready")).Status == System.Net.HttpStatusCode.OK, "the silo is ready", Patience);
        foreach (var name in new[] { "reader", "writer", "operator", "admin", "reader:acme", "writer:acme", "writer:other" })
        {
            keys[name] = await AddAsync(name);
        }

        await Services.GetRequiredService<AccessDirectory>().LookAsync(CancellationToken.None);

        // Its own routes are made when somebody looks for the first time.
        using var looker = NewClient(this["operator"]);
        (await looker.AskAsync("/dashboard/")).Status.ShouldBe(System.Net.HttpStatusCode.OK);
    }

    /// <summary>A client with a key; without one when it is null.</summary>
    public HttpClient NewClient(string? key) => new()
    {
        BaseAddress = Address,
        Timeout = TimeSpan.FromSeconds(60),
        DefaultRequestHeaders = { Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key) },
    };

    /// <summary>Adds a key, past HTTP.</summary>
    public async Task<string> AddAsync(string name, DateTimeOffset? expires = null)
    {
        var text = ApiKeyText.New();
        var parsed = ApiKeyText.Parse(text);
        var parts = name.Split(':');
        var key = new AccessKey(
            parsed.Id,
            name,
            parsed.Hash,
            Enum.Parse<AccessRole>(parts[0], ignoreCase: true),
            parts[1..],
            DateTimeOffset.UnixEpoch,
            "test",
            expires);
        var access = Services.GetRequiredService<IRaftAccess>();
        await Eventually.HoldsAsync(
            async () => await access.AddKeyAsync(key, onlyFirst: false, CancellationToken.None) is Committed<AccessContents>,
            "the key is added",
            Patience);
        return text;
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
