using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Storage.TestKit;
using OrleansRaft.Sqlite;

namespace OrleansRaft.Integration.Tests.Stores;

public sealed class SqliteLogStoreTests : LogStoreContract
{
    private readonly string directory = Directory.CreateTempSubdirectory("oraft-sqlite-").FullName;

    private string File => Path.Combine(directory, "raft.db");

    protected override Task<ILogStore> CreateStoreAsync(TimeProvider time) => Task.FromResult<ILogStore>(OpenFile(directory, time));

    protected override async Task DamageLogAsync(ReplicaKey key)
    {
        // The last block's body is nowhere else in the file, so this is what a failing disk would do to it.
        await ExecuteAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        var bytes = await System.IO.File.ReadAllBytesAsync(File, Cancellation);
        bytes[bytes.AsSpan().IndexOf("cccccccc"u8)] ^= 0x10;
        await System.IO.File.WriteAllBytesAsync(File, bytes, Cancellation);
    }

    protected override Task DamageSnapshotAsync(ReplicaKey key) =>
        ExecuteAsync("UPDATE snapshot_chunk SET data = zeroblob(length(data)) WHERE first_offset > 0");

    protected override Task CleanUpAsync()
    {
        Directory.Delete(directory, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>Otherwise two threads would have to be woken for each write of a group that has one at a time.</summary>
    [Fact]
    public async Task Who_hears_that_it_has_written_has_its_turn_on_the_stores_thread_and_writes_again_from_there() =>
        (await TurnsOnTheStoresThread.CountWakesAsync(Store, Key, writes: 5)).ShouldBe(0, "no other thread is needed");

    [Fact]
    public async Task A_single_silo_without_named_stores_is_bound_to_its_own()
    {
        var stored = await Store.InitializeAsync(Definition, Cancellation);

        stored.LocalStores.ShouldBe([Store.LocalId]);
        Store.LocalId.ShouldStartWith("sqlite-");
    }

    [Fact]
    public async Task Only_the_replicas_bound_to_a_store_have_rows_in_it()
    {
        var other = Path.Combine(directory, "other");
        await using var second = OpenFile(other, Clock);
        var wanted = Definition with { LocalStores = ["elsewhere", second.LocalId, "nowhere"] };

        await second.InitializeAsync(wanted, Cancellation);

        await OpenReplica.OpenAsync(second, new ReplicaKey("counters-0", new ReplicaId(2)));
        await OpenReplica.OpenAsync(second, new ReplicaKey("counters-1", new ReplicaId(1)));
        await Should.ThrowAsync<StoreRefusedException>(() => OpenReplica.OpenAsync(second, new ReplicaKey("counters-0", new ReplicaId(1))));
    }

    [Fact]
    public void A_directory_belongs_to_one_process_at_a_time()
    {
        var refused = Should.Throw<StoreRefusedException>(() => OpenFile(directory, Clock));

        refused.Message.ShouldContain(directory);
        refused.Message.ShouldContain($"in use by another process (process {Environment.ProcessId})");
    }

    [Fact]
    public async Task The_id_of_a_store_outlives_its_process_and_its_right_to_speak_does_not()
    {
        var id = Store.LocalId;
        var replica = await OpenAsync();
        await replica.Log.WaitUntilMaySpeakAsync(Cancellation);

        var successor = await ReopenAsync();

        Store.LocalId.ShouldBe(id);
        successor.Log.MaySpeak.ShouldBeTrue("the process that held the directory has ended");
    }

    [Fact]
    public async Task A_file_of_a_newer_program_is_refused()
    {
        await Store.DisposeAsync();
        await ExecuteAsync("PRAGMA user_version = 99");

        var refused = Should.Throw<StoreRefusedException>(() => OpenFile(directory, Clock));

        refused.Message.ShouldContain("schema 99");
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        await Store.DisposeAsync();
        await System.IO.File.WriteAllTextAsync(File, new string('x', 8192), Cancellation);

        var refused = Should.Throw<StoreRefusedException>(() => OpenFile(directory, Clock));

        refused.Message.ShouldContain(File);
    }

    [Fact]
    public async Task Rule_20_a_replaced_file_starts_no_replica_of_the_old_one()
    {
        var stored = await Store.InitializeAsync(Definition, Cancellation);
        await Store.DisposeAsync();
        Directory.Delete(directory, recursive: true);

        await using var replaced = OpenFile(directory, Clock);
        await replaced.InitializeAsync(stored, Cancellation);
        var refused = await Should.ThrowAsync<StoreRefusedException>(() => OpenReplica.OpenAsync(replaced, Key));

        refused.Message.ShouldContain(Key.ToString());
    }

    private static SqliteLogStore OpenFile(string directory, TimeProvider time) =>
        SqliteLogStore.Open(new SqliteStoreOptions { Directory = directory, Leases = Times }, time, NullLogger.Instance);

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        await connection.OpenAsync(Cancellation);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
