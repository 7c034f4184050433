namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>Purses of one partition between which money is moved, so that there is always the same amount of it.</summary>
internal sealed class Bank
{
    private const int PurseCount = 8;
    private const long Each = 100;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] Names = [.. Enumerable.Range(0, PurseCount).Select(static number => $"purse-{number}")];

    private readonly RaftTestCluster cluster;

    private Bank(RaftTestCluster cluster) => this.cluster = cluster;

    public static async Task<Bank> OpenAsync(RaftTestCluster cluster)
    {
        var bank = new Bank(cluster);
        await Task.WhenAll(Names.Select(name => bank.PurseOf(name).Put(Each)));
        return bank;
    }

    /// <summary>Moves some of it, as a writer's turn says; sees to it that none is missing.</summary>
    public async Task MoveAsync(int writer, int number)
    {
        try
        {
            await PurseOf(Names[writer % PurseCount]).With($"{writer}-{number}").Move(Names[(writer + number) % PurseCount], number % 60);
        }
        catch (EmptyPurseException)
        {
            // Neither purse has changed.
        }

        if (number % 10 == 0)
        {
            await RequireTotalAsync();
        }
    }

    /// <summary>Has the bank's group led by a silo.</summary>
    public Task LeadOnAsync(string silo) => RaftTestCluster.EventuallyAsync(async () =>
    {
        var group = (await cluster.Admin.GetGroupAsync($"{Purse.Set}-0"))!;
        var wanted = group.Replicas.Single(replica => replica.Silo == silo).Replica;
        if (group.Leader != wanted)
        {
            await cluster.Admin.TransferLeadershipAsync(group.Group, wanted);
        }

        return group.Leader == wanted ? null : $"{silo} does not lead {group.Group}";
    });

    public async Task RequireTotalAsync() => (await PurseOf(Names[0]).Sum(Names)).ShouldBe(PurseCount * Each);

    private IPurse PurseOf(string name) => cluster.Client.GetReplicatedGrain<IPurse>("bank", name).With(Patience);
}
