namespace OrleansRaft.Integration.Tests.Server;

/// <summary>One silo that serves counters from memory, for all tests of a class.</summary>
public sealed class CounterServer : IAsyncLifetime
{
    public const int Groups = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private ServerHost host = null!;

    public HttpClient Client => host.Client;

    public IServiceProvider Services => host.Services;

    public async ValueTask InitializeAsync()
    {
        host = await ServerHost.StartAsync(silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(Groups), ("Raft:Server:Lab", "true"));
        await Eventually.HoldsAsync(
            async () => (await Client.AskAsync("/health/ready")).Status == System.Net.HttpStatusCode.OK, "the silo is ready", Patience);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
