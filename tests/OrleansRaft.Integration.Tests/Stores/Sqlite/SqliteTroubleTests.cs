using Microsoft.Data.Sqlite;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Storage.TestKit;
using OrleansRaft.Sqlite;
using OrleansRaft.Sqlite.Internal;
using static OrleansRaft.Integration.Tests.Stores.Sqlite.SqliteStoreFiles;

namespace OrleansRaft.Integration.Tests.Stores.Sqlite;

/// <summary>
/// A store whose files are taken away, or whose disk is full, says so by name, acknowledges nothing, and comes back by itself when the cause is gone.
/// </summary>
public sealed class SqliteTroubleTests : IDisposable
{
    private readonly SqliteStoreFiles files = new();
    private readonly AlarmBoard alarms = new(TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => files.Dispose();

    [Theory]
    [InlineData("rm -rf")]
    [InlineData("the database removed")]
    [InlineData("the log removed")]
    [InlineData("the mark removed")]
    [InlineData("the lock removed")]
    [InlineData("the database renamed")]
    [InlineData("the database replaced by a copy")]
    [InlineData("the directory moved")]
    [InlineData("the directory replaced by a copy")]
    public async Task Rule_45_a_store_whose_files_are_taken_away_stops_by_name_and_acknowledges_nothing(string how)
    {
        var directory = files.NewPath();
        await using var store = await OpenAsync(directory, alarms: alarms);
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "before");

        TakeAway(how, directory);
        var afterwards = replica.SendAppend(1, "afterwards");
        var stopped = await replica.Events.StoppedAsync();

        stopped.Reason.ShouldBe(LogStopReason.Failed);
        stopped.Cause.Message.ShouldContain(directory);
        replica.Events.Written.ShouldNotContain(afterwards);
        replica.Log.MaySpeak.ShouldBeFalse();
        alarms.Active.ShouldHaveSingleItem().Name.ShouldBe(AlarmNames.StoreCorrupt);
        (await Should.ThrowAsync<IOException>(() => store.CheckAsync(Cancellation))).Message.ShouldContain(directory);
        await Should.ThrowAsync<IOException>(() => OpenReplica.OpenAsync(store, Key));
    }

    /// <summary>Nobody writes: a leader that answers reads from memory has to notice too.</summary>
    [Fact]
    public async Task A_directory_that_is_removed_is_noticed_while_nobody_writes_and_is_not_made_again()
    {
        var directory = files.NewPath();
        await using var store = await OpenAsync(directory);
        var replica = await OpenReplica.OpenAsync(store, Key);

        Directory.Delete(directory, recursive: true);
        var stopped = await replica.Events.StoppedAsync();
        for (var i = 0; i < 3; i++)
        {
            await Should.ThrowAsync<IOException>(() => store.CheckAsync(Cancellation));
        }

        stopped.Cause.Message.ShouldContain(directory);
        Directory.Exists(directory).ShouldBeFalse();
    }

    [Fact]
    public async Task A_directory_that_is_moved_back_serves_again()
    {
        var (directory, elsewhere) = (files.NewPath(), files.NewPath());
        await using var store = await OpenAsync(directory, alarms: alarms);
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "before");

        Directory.Move(directory, elsewhere);
        await replica.Events.StoppedAsync();
        Directory.Move(elsewhere, directory);
        var again = await ServesAgainAsync(store);

        again.Bodies.ShouldBe(["before"]);
        await again.AppendAsync(1, "after");
        alarms.Active.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_directory_over_which_another_file_system_is_mounted_serves_again_when_that_is_gone()
    {
        using var mount = SmallFileSystem.Mount(64);
        await using var store = await OpenAsync(mount.Path);
        var replica = await OpenReplica.OpenAsync(store, Key);
        await replica.AppendAsync(1, "before");

        mount.MountOver();
        var stopped = await replica.Events.StoppedAsync();
        Directory.EnumerateFileSystemEntries(mount.Path).ShouldBeEmpty();
        mount.Unmount();
        var again = await ServesAgainAsync(store);

        stopped.Cause.Message.ShouldContain("hidden");
        again.Bodies.ShouldBe(["before"]);
    }

    [Fact]
    [Trait("alarm", AlarmNames.StoreFull)]
    public async Task Rule_46_a_full_disk_is_named_and_a_store_serves_again_by_itself_when_there_is_space()
    {
        using var mount = SmallFileSystem.Mount(16);
        var directory = Path.Combine(mount.Path, "data");
        await using var store = await OpenAsync(directory, alarms: alarms);
        var replica = await OpenReplica.OpenAsync(store, Key);
        var idle = await OpenReplica.OpenAsync(store, OtherKey);
        await replica.AppendAsync(1, "before");

        mount.Fill();
        var acknowledged = await AppendUntilStoppedAsync(replica);
        var stopped = await replica.Events.StoppedAsync();
        var alarm = alarms.Active.ShouldHaveSingleItem();
        await idle.Events.StoppedAsync();
        mount.Free();
        var again = await ServesAgainAsync(store);

        stopped.Cause.Message.ShouldContain(directory);
        stopped.Cause.Message.ShouldContain("is full");
        stopped.Cause.Message.ShouldContain("Free space there");
        alarm.Name.ShouldBe(AlarmNames.StoreFull);
        again.Recovered.Entries.Count.ShouldBe(1 + acknowledged);
        await again.AppendAsync(1, "after");
        alarms.Active.ShouldBeEmpty();
        await store.DisposeAsync();
        (await CountAsync(directory)).ShouldBe(2 + acknowledged);
    }

    [Fact]
    public async Task A_store_that_starts_on_a_full_or_a_read_only_disk_says_which()
    {
        using var mount = SmallFileSystem.Mount(16);
        var directory = Path.Combine(mount.Path, "data");
        await AppendAsync(directory, 3);
        mount.Fill();
        var full = (await Should.ThrowAsync<Exception>(() => AppendAsync(directory, 100))).ToString();
        mount.Free();
        mount.Remount("ro");
        var readOnly = await Should.ThrowAsync<StoreRefusedException>(() => OpenAsync(directory));
        mount.Remount("rw");

        full.ShouldContain("is full");
        readOnly.Message.ShouldContain("is read-only");
        readOnly.Message.ShouldNotContain("in use by another process");
        (await CountAsync(directory)).ShouldBeGreaterThanOrEqualTo(3);
    }

    [Fact]
    public async Task A_database_that_a_shell_holds_is_said_to_be_in_use()
    {
        var directory = files.NewPath();
        await AppendAsync(directory, 3);
        await using var shell = new SqliteConnection($"Data Source={Path.Combine(directory, "raft.db")};Pooling=False");
        await shell.OpenAsync(Cancellation);
        await using var command = shell.CreateCommand();
        command.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE";
        await command.ExecuteNonQueryAsync(Cancellation);

        var refused = await Should.ThrowAsync<StoreRefusedException>(() => OpenAsync(directory));

        refused.Message.ShouldContain("in use by another process, such as a sqlite3 shell");
    }

    /// <summary>What an administrator, whom no permission binds, cannot try: the words for each cause that the system names.</summary>
    [Theory]
    [InlineData(13, "permissions of /logs do not let this process")]
    [InlineData(1, "permissions of /logs do not let this process")]
    [InlineData(28, "holds /logs is full")]
    [InlineData(122, "holds /logs is full")]
    [InlineData(30, "holds /logs is read-only")]
    [InlineData(11, "in use by another process")]
    [InlineData(5, "disk that holds /logs reports an error")]
    public void Each_cause_that_the_system_names_has_words_of_its_own(int errno, string words)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other numbers");

        StoreTroubles.Describe(new IOException("refused", errno), "/logs").Message.ShouldContain(words);
    }

    [Fact]
    public void A_file_that_this_user_may_not_open_is_a_matter_of_permissions() =>
        StoreTroubles.Describe(new UnauthorizedAccessException("refused"), "/logs").Message.ShouldContain("permissions of /logs");

    private void TakeAway(string how, string directory)
    {
        string In(string name) => Path.Combine(directory, name);
        switch (how)
        {
            case "rm -rf":
                Directory.Delete(directory, recursive: true);
                break;
            case "the database removed":
                File.Delete(In("raft.db"));
                break;
            case "the log removed":
                File.Delete(In("raft.db-wal"));
                break;
            case "the mark removed":
                File.Delete(In("raft.mark"));
                break;
            case "the lock removed":
                File.Delete(In("raft.lock"));
                break;
            case "the database renamed":
                File.Move(In("raft.db"), In("raft.old"));
                break;
            case "the database replaced by a copy":
                CopyFile(In("raft.db"), In("copy"));
                File.Move(In("copy"), In("raft.db"), overwrite: true);
                break;
            case "the directory moved":
                Directory.Move(directory, files.NewPath());
                break;
            default:
                var copy = files.Copy(directory);
                Directory.Move(directory, files.NewPath());
                Directory.Move(copy, directory);
                break;
        }
    }

    private static async Task<int> AppendUntilStoppedAsync(OpenReplica replica)
    {
        var acknowledged = 0;
        try
        {
            for (; acknowledged < 1_000; acknowledged++)
            {
                await replica.AppendAsync(1, new string('x', 100_000));
            }
        }
        catch (InvalidOperationException)
        {
            return acknowledged;
        }

        throw new InvalidOperationException("the disk was never full");
    }

    private static async Task<OpenReplica> ServesAgainAsync(SqliteLogStore store)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            try
            {
                await store.CheckAsync(patience.Token);
                return await OpenReplica.OpenAsync(store, Key);
            }
            catch (IOException)
            {
                await Task.Delay(20, patience.Token);
            }
        }
    }
}
