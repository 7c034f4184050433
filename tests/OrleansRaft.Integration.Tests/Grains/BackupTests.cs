using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.Core;
using OrleansRaft.Grains.Backup;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Backup;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Runtime.Storage.Memory;
using OrleansRaft.Sqlite;

namespace OrleansRaft.Integration.Tests.Grains;

/// <summary>A cluster is backed up while it serves, and restored into stores of each kind.</summary>
public sealed class BackupTests(BackedUpCluster backedUp, PostgresFixture postgres) : IClassFixture<BackedUpCluster>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restored_cluster_serves_what_was_acknowledged_before_the_backup_and_knows_its_requests()
    {
        var disk = new MemoryDisk();
        await using (var store = new MemoryLogStore(disk, TimeProvider.System))
        {
            await RestoreAsync(store);
        }

        await using var cluster = await BackedUpCluster.StartAsync(disk);

        for (var key = 0; key < BackedUpCluster.Keys; key++)
        {
            var read = await cluster.Ledger($"k{key}").QueryAsync(new LedgerCommand(0), cancellation: Token);
            var sum = read.ShouldBeOfType<Committed<LedgerResult>>().Value;
            sum.Additions.ShouldBeGreaterThanOrEqualTo(backedUp.Before[key]);
            sum.Additions.ShouldBeLessThanOrEqualTo(backedUp.After[key]);
            var repeated = await cluster.AddAsync($"k{key}", 1, $"first-{key}");
            repeated.ShouldBe(new LedgerResult(1, 1), "a request that was answered before the backup gets its first answer");
        }

        var group = (await cluster.Admin.GetGroupAsync(backedUp.ChangedGroup, Token))!;
        group.Configuration.Voters.ShouldBe([new ReplicaId(1), new ReplicaId(2), new ReplicaId(3)], "a restored group has its first members");
        foreach (var shown in (await cluster.Admin.ListGroupsAsync(null, 100, Token)).Groups)
        {
            (await cluster.Admin.FindDifferenceAsync(shown.Group, 3, Token)).ShouldBeNull();
        }

        var catalogue = cluster.Silos[0].ServiceProvider.GetRequiredService<IRaftCatalogue>();
        (await catalogue.ReadAsync(cancellation: Token)).ShouldBeOfType<Committed<CatalogueContents>>().Value.Sets
            .ShouldHaveSingleItem().ShouldBe(new FurtherSet(BackedUpCluster.Added, 2, 3, IsCreated: true));
        var added = await BackedUpCluster.AccountsOf(cluster).QueryAsync(new LedgerCommand(0), cancellation: Token);
        added.ShouldBeOfType<Committed<LedgerResult>>().Value.ShouldBe(new LedgerResult(10, 1));
    }

    [Fact]
    public async Task A_backup_is_restored_into_a_file()
    {
        var folder = Directory.CreateTempSubdirectory("oraft-restore-").FullName;
        try
        {
            var options = new SqliteStoreOptions { Directory = folder };
            await using (var store = SqliteLogStore.Open(options, TimeProvider.System, NullLogger.Instance))
            {
                await RestoreAsync(store);
            }

            await using var again = SqliteLogStore.Open(options, TimeProvider.System, NullLogger.Instance);
            await RequireHoldsBackupAsync(again, 1);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_backup_is_restored_into_several_database_servers()
    {
        var server = await postgres.GetServerAsync();
        var databases = new[] { await server.CreateDatabaseAsync("restored"), await server.CreateDatabaseAsync("restored") };
        var options = new PostgreSqlStoreOptions { ConnectionStrings = databases };
        await using (var store = new PostgreSqlLogStore(options, TimeProvider.System, NullLogger.Instance))
        {
            await RestoreAsync(store, servers: 2);
        }

        await using var again = new PostgreSqlLogStore(options, TimeProvider.System, NullLogger.Instance);
        await RequireHoldsBackupAsync(again, 2);
    }

    [Fact]
    public async Task A_restore_that_was_interrupted_starts_no_cluster_and_goes_on_when_it_is_run_again()
    {
        var disk = new MemoryDisk();
        await using var store = new MemoryLogStore(disk, TimeProvider.System);
        using var interruption = new CancellationTokenSource();

        await Should.ThrowAsync<OperationCanceledException>(() => RestoreAsync(
            store,
            progress: done =>
            {
                if (done.Groups == 2)
                {
                    interruption.Cancel();
                }
            },
            cancellation: interruption.Token));
        var definition = (await store.ReadClusterAsync(Token)) with { Restoring = null };
        var refusal = await Should.ThrowAsync<StoreRefusedException>(() => store.InitializeAsync(definition, Token));
        await RestoreAsync(store);

        refusal.Message.ShouldContain("was interrupted");
        await RequireHoldsBackupAsync(store, 1);
        (await Should.ThrowAsync<StoreRefusedException>(() => RestoreAsync(store))).Message.ShouldContain("holds cluster 'ledgers' already");
    }

    [Fact]
    public async Task Nothing_is_written_of_a_damaged_backup()
    {
        await using var store = new MemoryLogStore(new MemoryDisk(), TimeProvider.System);
        var damaged = backedUp.File.ToArray();
        damaged[^200] ^= 1;

        var refusal = await Should.ThrowAsync<CorruptDataException>(() => RestoreAsync(store, damaged));

        refusal.Message.ShouldContain("nightly.oraft");
        await Should.ThrowAsync<StoreRefusedException>(() => store.ReadClusterAsync(Token));
    }

    [Fact]
    public async Task A_backup_of_a_later_feature_level_is_refused_and_nothing_is_written()
    {
        await using var store = new MemoryLogStore(new MemoryDisk(), TimeProvider.System);
        var later = await OfLevelAsync(FeatureLevels.Newest + 1);

        var refusal = await Should.ThrowAsync<StoreRefusedException>(() => RestoreAsync(store, later));

        refusal.Message.ShouldContain(
            $"worked at feature level {FeatureLevels.Newest + 1}, and this program knows levels up to {FeatureLevels.Newest}: restore it with a "
                + "program");
        await Should.ThrowAsync<StoreRefusedException>(() => store.ReadClusterAsync(Token));
        await RestoreAsync(store, await OfLevelAsync(FeatureLevels.Newest));
    }

    /// <summary>The backup, of a cluster that says that it worked at another level.</summary>
    private async Task<byte[]> OfLevelAsync(int level)
    {
        using var output = new MemoryStream();
        using var reader = new BackupReader(new MemoryStream(backedUp.File), "nightly.oraft");
        using var writer = new BackupWriter(output);
        await writer.BeginAsync(await reader.BeginAsync(Token) with { Level = level }, Token);
        var chunks = new List<byte[]>();
        while (await reader.ReadGroupAsync((_, _, chunk) => KeepAsync(chunks, chunk), Token) is { } group)
        {
            await writer.BeginGroupAsync(group.Group, new ReplicaId(1), "silo-1", Token);
            foreach (var chunk in chunks)
            {
                await writer.WriteChunkAsync(chunk, Token);
            }

            await writer.EndGroupAsync(group.ToSnapshot(), Token);
            chunks.Clear();
        }

        await writer.EndAsync(Token);
        return output.ToArray();
    }

    private static Task KeepAsync(List<byte[]> chunks, ReadOnlyMemory<byte> chunk)
    {
        chunks.Add(chunk.ToArray());
        return Task.CompletedTask;
    }

    private async Task<BackupContents> RestoreAsync(
        ILogStore store, byte[]? file = null, int servers = 1, Action<RestoreProgress>? progress = null, CancellationToken? cancellation = null) =>
        await new ClusterRestore([store]).RunAsync(
            () => new MemoryStream(file ?? backedUp.File), "nightly.oraft", servers, progress, cancellation ?? Token);

    /// <summary>Every replica holds the state that is in the backup, and the store says nothing of a restore.</summary>
    private async Task RequireHoldsBackupAsync(ILogStore store, int servers)
    {
        using var reader = new BackupReader(new MemoryStream(backedUp.File), "nightly.oraft");
        var contents = await reader.ReadToEndAsync(null, Token);
        var definition = contents.Head.Definition() with { Servers = servers };
        (await store.InitializeAsync(definition, Token)).Restoring.ShouldBeNull();
        (await store.ReadLevelsAsync(Token)).ShouldNotBeNull().InForce.ShouldBe(
            FeatureLevels.Newest, "no program that cannot read the states may start");
        foreach (var group in contents.Groups)
        {
            var digests = new HashSet<string>();
            for (var replica = 1; replica <= 3; replica++)
            {
                await using var session = await ReplicaLogSession.OpenAsync(store, new ReplicaKey(group.Group, new ReplicaId(replica)), Token);
                await using var stored = session.Log.RecoveredSnapshot;
                session.Log.Recovered.Snapshot.LastIncluded.ShouldBe(group.ToSnapshot().LastIncluded);
                session.Log.Recovered.Snapshot.Configuration.Voters.Length.ShouldBe(3);
                digests.Add(Convert.ToHexString(await SHA256.HashDataAsync(stored, Token)));
                await session.ReleaseAsync(Token);
            }

            digests.ShouldHaveSingleItem();
        }
    }
}
