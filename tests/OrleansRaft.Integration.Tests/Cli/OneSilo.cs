using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>One real silo with logs in memory, shared by the tests that talk to it; each uses names of its own.</summary>
[CollectionDefinition(Name)]
public sealed class OneSilo : IAsyncLifetime, ICollectionFixture<OneSilo>
{
    public const string Name = "one silo";

    // Nobody stands for election because the machine stalled: the tests ask who leads.
    private readonly OraftSilo silo = new(
        "one", ["--store", "memory", "--groups", "3", "--set", "Raft:ElectionTicksMin=20", "--set", "Raft:ElectionTicksMax=40"]);

    public Uri Address => silo.Address;

    public async ValueTask InitializeAsync()
    {
        silo.Start();
        await silo.WaitUntilReadyAsync();
    }

    public ValueTask DisposeAsync() => silo.DisposeAsync();
}
