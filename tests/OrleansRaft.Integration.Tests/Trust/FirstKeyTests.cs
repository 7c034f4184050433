using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Server.Access;
using OrleansRaft.Testbed;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>How a cluster gets its first key.</summary>
public sealed class FirstKeyTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private readonly string folder = Directory.CreateTempSubdirectory("oraft-keys-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task The_first_start_writes_a_key_into_a_file_once_and_tells_it_to_no_log()
    {
        var file = Path.Combine(folder, "data", "admin-key");
        await using var silo = new OraftSilo("first", ["--groups", "1", "--auth", "keys", "--data", Path.Combine(folder, "data")]);
        silo.Start();
        await silo.WaitUntilReadyAsync();
        await Until.TrueAsync(
            () => Task.FromResult(silo.Process.Errors.Any(line => line.Contains(file))),
            Deadline,
            () => $"no key was made:\n{silo.Process.Transcript}");
        var key = (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Trim();
        TlsFiles.ModeOf(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Delete(file);

        await WorksAsync(silo, key);
        silo.Process.Terminate();
        await silo.Process.WaitForExitAsync(Deadline);
        var first = silo.Process.Transcript;
        silo.Start();
        await silo.WaitUntilReadyAsync();

        await WorksAsync(silo, key);
        File.Exists(file).ShouldBeFalse("there was a key already");
        first.ShouldNotContain(key);
    }

    /// <summary>Somebody who may change a silo's files gets in again, with another key: the one that was revoked never comes back.</summary>
    [LongFact]
    public async Task The_key_of_a_file_is_added_at_any_start_and_never_after_it_was_revoked()
    {
        var file = Path.Combine(folder, "key");
        await using var silo = new OraftSilo(
            "filed", ["--groups", "1", "--auth", "keys", "--admin-key-file", file, "--data", Path.Combine(folder, "data")]);
        var first = await StartAsync(silo, file);
        var second = await RestartAsync(silo, file, null);
        var revoked = await CommandLineRun.AtAsync(silo.Address, "key", "revoke", first[6..16], "--key", second);
        revoked.ExitCode.ShouldBe(0, revoked.Error);

        await RestartAsync(silo, file, first);

        await Until.TrueAsync(
            () => Task.FromResult(silo.Process.Errors.Any(line => line.Contains(first[6..16]))),
            Deadline,
            () => $"the refused key is not told:\n{silo.Process.Transcript}");
        await Until.TrueAsync(
            async () =>
            {
                // A silo that has not heard from the catalogue yet takes nobody's word, and says so.
                var listed = (await CommandLineRun.AtAsync(silo.Address, "group", "list", "--key", first)).ExitCode;
                listed.ShouldBeOneOf(1, 4);
                return listed == 1;
            },
            Deadline,
            () => $"the revoked key is not refused:\n{silo.Process.Transcript}");
    }

    private static Task WorksAsync(OraftSilo silo, string key) => Until.TrueAsync(
        async () => (await CommandLineRun.AtAsync(silo.Address, "key", "list", "--key", key)).ExitCode == 0,
        Deadline,
        () => $"the key does not work:\n{silo.Process.Transcript}");

    private static async Task<string> StartAsync(OraftSilo silo, string file)
    {
        var key = await WriteAsync(file);
        silo.Start();
        await silo.WaitUntilReadyAsync();
        await WorksAsync(silo, key);
        return key;
    }

    private static async Task<string> RestartAsync(OraftSilo silo, string file, string? key)
    {
        silo.Process.Terminate();
        await silo.Process.WaitForExitAsync(Deadline);
        if (key is null)
        {
            return await StartAsync(silo, file);
        }

        await SecretText.WriteAsync(file, key);
        silo.Start();
        await silo.WaitUntilReadyAsync();
        return key;
    }

    private static async Task<string> WriteAsync(string file)
    {
        var generated = await CommandLineRun.RunAsync("key", "generate");
        generated.ExitCode.ShouldBe(0, generated.Error);
        await SecretText.WriteAsync(file, generated.Output);
        ApiKeyText.TryParse(generated.Output.Trim(), out _).ShouldBeTrue();
        return generated.Output.Trim();
    }
}
