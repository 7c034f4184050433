using static OrleansRaft.Integration.Tests.Stores.Sqlite.SqliteStoreFiles;

namespace OrleansRaft.Integration.Tests.Stores.Sqlite;

/// <summary>Nobody but the silo's user may read what it stores.</summary>
public sealed class SqlitePermissionTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerDirectory = Owner | UnixFileMode.UserExecute;
    private const UnixFileMode Open =
        OwnerDirectory | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly SqliteStoreFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public async Task A_new_directory_and_its_files_are_the_users_own()
    {
        var directory = files.NewPath();

        await AppendAsync(directory, 1, _ => Task.FromResult(RequireRestricted(directory, ["raft.db", "raft.db-wal", "raft.lock", "raft.mark"])));

        ModeOf(directory).ShouldBe(OwnerDirectory);
    }

    [Fact]
    public async Task A_directory_of_before_is_closed_with_its_files()
    {
        var directory = files.NewPath();
        await AppendAsync(directory, 1);
        SetMode(directory, Open);
        foreach (var file in Directory.GetFiles(directory))
        {
            SetMode(file, Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        await AppendAsync(directory, 1, _ => Task.FromResult(RequireRestricted(directory, ["raft.db", "raft.db-wal", "raft.lock", "raft.mark"])));

        ModeOf(directory).ShouldBe(OwnerDirectory);
    }

    [Fact]
    public async Task A_directory_that_holds_other_things_is_left_as_it_is_and_warned_about()
    {
        var directory = Directory.CreateDirectory(files.NewPath()).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "notes.txt"), "mine", TestContext.Current.CancellationToken);
        SetMode(directory, Open);
        var log = new MessageLog();

        await using (await OpenAsync(directory, log))
        {
            RequireRestricted(directory, ["raft.db", "raft.lock", "raft.mark"]);
        }

        ModeOf(directory).ShouldBe(Open);
        log.Messages.ShouldContain(
            message => message.Contains(directory, StringComparison.Ordinal) && message.Contains("chmod 700", StringComparison.Ordinal));
    }

    private static bool RequireRestricted(string directory, string[] names)
    {
        names.ShouldAllBe(name => ModeOf(Path.Combine(directory, name)) == Owner);
        return true;
    }

    private static UnixFileMode ModeOf(string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes of files");
        return OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(path);
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
