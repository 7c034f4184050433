using System.Diagnostics;
using System.Globalization;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Integration.Tests.Cli;
using OrleansRaft.Server.Access;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Trust;

/// <summary>A file with a secret that other users can read is refused, wherever its name is said, with what to do about it.</summary>
public sealed class SecretFileTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string folder = Directory.CreateTempSubdirectory("oraft-secret-").FullName;

    private string Secret => Path.Combine(folder, "secret");

    /// <summary>FILE is a file with mode 0644; everything else about the command line is in order.</summary>
    [Theory]
    [InlineData("status --key-file FILE", "--key-file")]
    [InlineData("status --cert CERT --cert-key FILE", "--cert-key")]
    [InlineData("serve --auth keys --admin-key-file FILE", "--admin-key-file")]
    [InlineData("serve --tls-cert CERT --tls-key FILE", "--tls-key")]
    [InlineData("migrate --check --postgres-file FILE", "--postgres-file")]
    [InlineData("migrate --check --postgres Host=127.0.0.1;Port=1;Passfile=FILE", "Passfile in --postgres")]
    [InlineData("migrate --check --postgres Host=127.0.0.1;Port=1;Password=x;SSLKey=FILE", "SSL Key in --postgres")]
    [InlineData("inspect Host=127.0.0.1;Port=1;Passfile=FILE", "Passfile in the store")]
    [InlineData("backup restore absent --postgres Host=127.0.0.1;Port=1;Passfile=FILE", "Passfile in --postgres")]
    public async Task A_secret_that_others_can_read_is_refused_by_the_option_that_names_it(string line, string source)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows knows no modes of files.");
        (await CommandLineRun.RunAsync("tls", "init", folder)).ExitCode.ShouldBe(0);
        await SecretText.WriteAsync(Secret, ApiKeyText.New(), TestContext.Current.CancellationToken);
        SetMode(Secret, Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        var said = line.Replace("FILE", Secret, StringComparison.Ordinal)
            .Replace("CERT", Path.Combine(folder, "silo-1.pem"), StringComparison.Ordinal)
            .Split(' ');

        var run = await CommandLineRun.RunAsync([.. said, .. said[0] == "serve" ? ServeOptions() : []]);

        run.ExitCode.ShouldBe(1, run.Error);
        run.Error.ShouldContain($"{source} is '{Secret}', which holds a secret");
        run.Error.ShouldContain("its mode is 0644");
        run.Error.ShouldContain($"chmod 600 '{Secret}'");
    }

    [Theory]
    [InlineData(Owner, true)]
    [InlineData(UnixFileMode.UserRead, true)]
    [InlineData(Owner | UnixFileMode.OtherRead, false)]
    [InlineData(Owner | UnixFileMode.OtherWrite, false)]
    [InlineData(Owner | UnixFileMode.GroupWrite, false)]
    [InlineData(Owner | UnixFileMode.GroupRead | UnixFileMode.GroupWrite, false)]
    public void Nobody_but_its_owner_may_have_a_right_to_it(UnixFileMode mode, bool isTaken)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows knows no modes of files.");
        File.WriteAllText(Secret, "sesame");
        SetMode(Secret, mode);

        RequireTaken(isTaken);
    }

    /// <summary>So Kubernetes and systemd hand secrets to a service that does not run as root, and so does `install -m 640 -g oraft`.</summary>
    [Theory]
    [InlineData("0:65534", true)]
    [InlineData("65534:0", false)]
    public async Task Only_a_file_of_root_may_be_readable_for_its_group(string owner, bool isTaken)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Only root gives files away.");
        await File.WriteAllTextAsync(Secret, "sesame", TestContext.Current.CancellationToken);
        SetMode(Secret, Owner | UnixFileMode.GroupRead);
        using var change = Process.Start("chown", [owner, Secret]);
        await change.WaitForExitAsync(TestContext.Current.CancellationToken);

        RequireTaken(isTaken);
    }

    /// <summary>What Kubernetes mounts are links, which anybody may read, to files that change.</summary>
    [Fact]
    public void A_link_is_as_closed_as_what_it_names()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows knows no modes of files.");
        var target = Path.Combine(folder, "..2030");
        File.WriteAllText(target, "sesame");
        SetMode(target, Owner);
        File.CreateSymbolicLink(Secret, target);

        RequireTaken(true);
        SetMode(target, Owner | UnixFileMode.OtherRead);
        RequireTaken(false);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string[] ServeOptions() =>
    [
        "--silo-port", FreePorts.Next().ToString(CultureInfo.InvariantCulture),
        "--gateway-port", FreePorts.Next().ToString(CultureInfo.InvariantCulture),
        "--data", Path.Combine(folder, "data"),
    ];

    private void RequireTaken(bool isTaken)
    {
        if (isTaken)
        {
            SecretFile.ReadText(Secret, "--key-file").ShouldBe("sesame");
            SecretFile.RequireClosed(Secret, "--key-file");
        }
        else
        {
            Should.Throw<CliException>(() => SecretFile.ReadText(Secret, "--key-file")).Message.ShouldContain("other users");
            Should.Throw<CliException>(() => SecretFile.RequireClosed(Secret, "--key-file"));
        }
    }

    private static void SetMode(string file, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, mode);
        }
    }
}
