using System.Net;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary><c>oraft backup</c> and <c>oraft inspect</c>, against a real silo and the files that come of it.</summary>
[Collection(OneSilo.Name)]
public sealed class BackupCommandTests(OneSilo silo) : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("oraft-backup-").FullName;

    private string File => Path.Combine(folder, "one.oraft");

    [Fact]
    public async Task A_backup_is_made_verified_listed_restored_and_looked_into()
    {
        (await CommandLineRun.AtAsync(silo.Address, "counter", "add", "backup", "visits", "7")).ExitCode.ShouldBe(0);

        var create = await CommandLineRun.AtAsync(silo.Address, "backup", "create", File);
        var verify = await CommandLineRun.RunAsync("backup", "verify", File);
        var list = await CommandLineRun.RunAsync("backup", "list", folder, "--json");
        var data = Path.Combine(folder, "data");
        var restore = await CommandLineRun.RunAsync("backup", "restore", File, "--data", data);
        var inspect = await CommandLineRun.RunAsync("inspect", data);
        var objects = (await CommandLineRun.RunAsync("inspect", data, "--json")).Objects;

        create.ExitCode.ShouldBe(0, create.Error);
        create.Output.ShouldContain($"{File} holds a backup of cluster");
        create.Output.ShouldContain("4 groups");
        if (!OperatingSystem.IsWindows())
        {
            System.IO.File.GetUnixFileMode(File).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        verify.ExitCode.ShouldBe(0, verify.Error);
        verify.Output.ShouldContain("is whole");
        list.Objects.ShouldHaveSingleItem().GetProperty("groups").GetInt32().ShouldBe(4);
        restore.ExitCode.ShouldBe(0, restore.Error);
        restore.Output.ShouldContain("Start the silos with --cluster-id oraft --groups 3 --replicas 3");
        inspect.ExitCode.ShouldBe(0, inspect.Error);
        inspect.Output.ShouldContain("counters (3 of 3)");
        objects.Count.ShouldBe(12);
        objects.ShouldAllBe(static replica => replica.GetProperty("damage").GetArrayLength() == 0);
        objects.ShouldAllBe(static replica => replica.GetProperty("snapshot").GetProperty("bytes").GetInt64() > 0);
    }

    [Fact]
    public async Task A_backup_goes_into_a_folder_under_a_name_of_its_own_and_the_oldest_go()
    {
        string[] old = ["oraft-20200101T000000Z.oraft", "oraft-20210101T000000Z.oraft", "another-20200101T000000Z.oraft", "oraft-mine.oraft"];
        foreach (var name in old)
        {
            await System.IO.File.WriteAllTextAsync(Path.Combine(folder, name), "not a backup", TestContext.Current.CancellationToken);
        }

        var create = await CommandLineRun.AtAsync(silo.Address, "backup", "create", folder, "--keep", "2");
        var list = await CommandLineRun.RunAsync("backup", "list", folder);

        create.ExitCode.ShouldBe(0, create.Error);
        var left = Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToList();
        left.Count.ShouldBe(4);
        left.ShouldBe([old[2], old[1], left[2], old[3]]);
        list.Output.ShouldContain("is not a backup of OrleansRaft");
        list.Output.ShouldContain("whole");
    }

    [Theory]
    [InlineData("nightly", "--keep")]
    [InlineData("nightly/", null)]
    public async Task A_folder_that_is_not_there_is_made(string name, string? option)
    {
        var target = Path.Combine(folder, name);

        var create = await CommandLineRun.AtAsync(
            silo.Address, ["backup", "create", target, .. option is null ? Array.Empty<string>() : [option, "7"]]);

        create.ExitCode.ShouldBe(0, create.Error);
        Directory.GetFiles(target, "oraft-*.oraft").ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_file_is_no_folder_to_keep_backups_in()
    {
        await System.IO.File.WriteAllTextAsync(File, "not a backup", TestContext.Current.CancellationToken);

        var create = await CommandLineRun.AtAsync(silo.Address, "backup", "create", File, "--keep", "2");

        create.ExitCode.ShouldBe(2);
        create.Error.ShouldContain("is not a folder");
        (await System.IO.File.ReadAllTextAsync(File, TestContext.Current.CancellationToken)).ShouldBe("not a backup");
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("100001")]
    public async Task A_rate_that_makes_no_sense_is_refused_by_the_command_and_by_the_server(string rate)
    {
        using var client = new HttpClient();

        var create = await CommandLineRun.RunAsync("backup", "create", File, $"--rate={rate}");
        using var answer = await client.PostAsync(
            new Uri(silo.Address, $"/api/v1/backup?megabytesPerSecond={rate}"), null, TestContext.Current.CancellationToken);
        var problem = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        create.ExitCode.ShouldBe(2);
        create.Error.ShouldContain($"--rate is {rate}, but must be from 1 to 100000 MB a second, or 0 for no limit");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        problem.ShouldContain("\"field\":\"megabytesPerSecond\"");
        problem.ShouldContain("Use a number from 0 to 100000");
    }

    [Theory]
    [InlineData("25", "--rate", "25")]
    [InlineData("0", "--rate", "0")]
    [InlineData("125")]
    public async Task The_rate_is_the_one_that_is_said(string asked, params string[] said)
    {
        await using var server = CannedServer.Problem(503, "no-leader", definite: true);

        var create = await CommandLineRun.AtAsync(server.Address, ["backup", "create", File, .. said]);

        create.ExitCode.ShouldBe(4, create.Error);
        server.Asked.ShouldBe($"POST /api/v1/backup?megabytesPerSecond={asked} HTTP/1.1");
    }

    [Fact]
    public async Task A_backup_that_is_there_is_not_written_over_and_a_damaged_one_is_not_restored()
    {
        (await CommandLineRun.AtAsync(silo.Address, "backup", "create", File)).ExitCode.ShouldBe(0);
        var bytes = await System.IO.File.ReadAllBytesAsync(File, TestContext.Current.CancellationToken);

        var again = await CommandLineRun.AtAsync(silo.Address, "backup", "create", File);
        bytes[bytes.Length / 2] ^= 4;
        await System.IO.File.WriteAllBytesAsync(File, bytes, TestContext.Current.CancellationToken);
        var verify = await CommandLineRun.RunAsync("backup", "verify", File);
        var data = Path.Combine(folder, "data");
        var restore = await CommandLineRun.RunAsync("backup", "restore", File, "--data", data);

        again.ExitCode.ShouldBe(1);
        again.Error.ShouldContain("exists already");
        verify.ExitCode.ShouldBe(1);
        verify.Error.ShouldContain($"{File} is damaged at byte");
        restore.ExitCode.ShouldBe(1);
        restore.Error.ShouldContain("Use another backup");
        (await CommandLineRun.RunAsync("inspect", data)).Error.ShouldContain("holds no cluster");
    }

    [Fact]
    public async Task What_has_no_store_is_not_made_by_looking()
    {
        var nothing = Path.Combine(folder, "nothing");

        var inspect = await CommandLineRun.RunAsync("inspect", nothing);

        inspect.ExitCode.ShouldBe(1);
        inspect.Error.ShouldContain("there is no store in");
        Directory.Exists(nothing).ShouldBeFalse();
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
