using Microsoft.Extensions.DependencyInjection;
using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Backup;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>A cluster with a set that was added later, and a group whose members changed, that was backed up under load, and is gone.</summary>
public sealed class BackedUpCluster : IAsyncLifetime
{
    public const string Added = "accounts";
    public const int Keys = 20;

    public byte[] File { get; private set; } = [];

    public string ChangedGroup => "ledgers-0";

    /// <summary>How many additions to each key were acknowledged before the backup began.</summary>
    public int[] Before { get; } = new int[Keys];

    /// <summary>How many were begun before it had ended.</summary>
    public int[] After { get; } = new int[Keys];

    public async ValueTask InitializeAsync()
    {
        var disk = new MemoryDisk();
        await using (var first = await RaftTestCluster.StartAsync(
            silos: 1, groups: 2, disk: disk, configure: static (_, silo) => silo.AddRaftCatalogue()))
        {
            await first.AddAsync("k0", 1, "first-0");
            Before[0] = After[0] = 1;
        }

        await using var cluster = await StartAsync(disk);
        await RaftTestCluster.EventuallyAsync(async () =>
            await AccountsOf(cluster).SubmitAsync(new LedgerCommand(10), "added") is Committed<LedgerResult> ? null : "the set is not there yet");
        (await cluster.Admin.ChangeMembersAsync(ChangedGroup, new AddMember { Replaces = new ReplicaId(1) }))
            .ShouldBeOfType<Committed<Configuration>>();
        for (var key = 1; key < Keys; key++)
        {
            await cluster.AddAsync($"k{key}", 1, $"first-{key}");
            (Before[key], After[key]) = (1, 1);
        }

        File = await BackUpUnderLoadAsync(cluster);
    }

    public ValueTask DisposeAsync() => default;

    private async Task<byte[]> BackUpUnderLoadAsync(RaftTestCluster cluster)
    {
        using var stopping = new CancellationTokenSource();
        var adding = Enumerable.Range(0, Keys).Select(key => AddUntilAsync(cluster, key, stopping.Token)).ToList();
        using var output = new MemoryStream();
        var backups = cluster.Silos[0].ServiceProvider.GetRequiredService<IRaftBackup>();
        using (var prepared = (await backups.PrepareAsync()).ShouldBeOfType<Committed<PreparedBackup>>().Value)
        {
            (await backups.PrepareAsync()).ShouldBeOfType<Rejected<PreparedBackup>>().Reason.ShouldBe(RejectionReason.Overloaded);
            (await prepared.WriteAsync(output)).ShouldBeTrue();
        }

        await stopping.CancelAsync();
        await Task.WhenAll(adding);
        return output.ToArray();
    }

    private async Task AddUntilAsync(RaftTestCluster cluster, int key, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            After[key]++;
            await cluster.AddAsync($"k{key}", 1);
        }
    }

    internal static Task<RaftTestCluster> StartAsync(MemoryDisk disk) => RaftTestCluster.StartAsync(
        silos: 3, groups: 2, disk: disk, configure: static (_, silo) => Configure(silo));

    internal static RaftGroup<LedgerCommand, LedgerResult> AccountsOf(RaftTestCluster cluster) =>
        cluster.Client.GetRaftGroup<LedgerCommand, LedgerResult>(Added, "k");

    private static void Configure(ISiloBuilder silo) =>
        silo.AddRaftCatalogue().AddRaftStateMachine<LedgerCommand, LedgerResult, Ledger>(Added, 2);
}
