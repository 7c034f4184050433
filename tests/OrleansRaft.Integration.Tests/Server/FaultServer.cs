namespace OrleansRaft.Integration.Tests.Server;

/// <summary>One silo that serves counters from memory and may be broken, for all tests of a class.</summary>
public sealed class FaultServer : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private ServerHost host = null!;

    public HttpClient Client => host.Client;

    public async ValueTask InitializeAsync()
    {
        host = await ServerHost.StartAsync(silo => silo.AddRaft(raft => raft.UseMemory()).AddRaftCounters(groups: 4), ("Faults:Enabled", "true"));
        await Eventually.HoldsAsync(
            async () => (await Client.AskAsync("/health/ready")).Status == System.Net.HttpStatusCode.OK, "the silo is ready", Patience);
    }

    /// <summary>Puts a fault into whoever leads a group, as soon as somebody does.</summary>
    internal async Task<Answer> BeginAtLeaderAsync(string kind, string group)
    {
        Answer? answer = null;
        await Eventually.HoldsAsync(
            async () =>
                (
                    answer = await Client.SendAsync(
                        HttpMethod.Post, "/api/v1/faults", $$"""{"kind":"{{kind}}","group":"{{group}}","replica":"leader","seconds":600}""")).Status
                != System.Net.HttpStatusCode.ServiceUnavailable,
            "the group has a leader to break",
            Patience);
        return answer!;
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
