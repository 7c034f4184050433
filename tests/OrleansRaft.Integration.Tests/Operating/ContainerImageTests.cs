using System.Net.Http.Json;
using System.Security.Cryptography;
using OrleansRaft.Integration.Tests.Architecture;
using OrleansRaft.Integration.Tests.Packages;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Operating;

/// <summary>
/// The image that <c>dotnet publish /t:PublishContainer</c> makes: unpacked, and started without an engine, as its configuration says. The base image
/// is a stand-in, and this machine's runtime takes the place of the one in it.
/// </summary>
public sealed class ContainerImageTests : IDisposable
{
    private const string User = "1654";

    private readonly string folder = Directory.CreateTempSubdirectory("oraft-image-").FullName;

    [LongFact]
    public async Task The_image_is_the_same_each_time_and_starts_as_its_configuration_says()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The image is for Linux.");
        await using var registry = await BaseImageRegistry.StartAsync();
        var archive = await PublishAsync(registry, "first");
        var image = await UnpackedImage.OfAsync(archive, Directory.CreateDirectory(Path.Combine(folder, "files")).FullName);
        var again = await PublishAsync(registry, "second");

        DigestOf(again).ShouldBe(DigestOf(archive), "two images of the same program are the same to the last bit");
        image.Name.ShouldBe("oraft:latest");
        image.Configuration.GetProperty("User").GetString().ShouldBe(User, "it does not run as root");
        image.Layers.Count.ShouldBe(2);
        string[] command = [.. image.ListOf("Entrypoint"), .. image.ListOf("Cmd")];
        command.ShouldBe(["dotnet", "/app/oraft.dll"]);
        BaseImageRegistry.Environment.ShouldBeSubsetOf(image.ListOf("Env"));
        await StartAsync(image, Path.Join(image.Files, command[1]));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>As the image's user, who may write nothing but the data, with its variables and in its folder.</summary>
    private async Task StartAsync(UnpackedImage image, string program)
    {
        var data = Directory.CreateDirectory(Path.Combine(folder, "data")).FullName;
        string[] launcher = [];
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
        {
            foreach (var passage in new[] { folder, image.Files })
            {
                File.SetUnixFileMode(passage, File.GetUnixFileMode(passage) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            }

            File.SetUnixFileMode(data, (UnixFileMode)0b111_111_111);
            launcher = ["setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups"];
        }

        launcher = [.. launcher, "env", $"--chdir={Path.Join(image.Files, image.Configuration.GetProperty("WorkingDir").GetString())}"];
        var variables = image.ListOf("Env").Select(static variable => variable.Split('=', 2)).Where(static pair => pair[0] != "PATH");
        await using var silo = new OraftSilo(
            "silo-1", ["--data", data, "--groups", "1"], variables.ToDictionary(static pair => pair[0], static pair => pair[1]))
        {
            Program = program,
            Launcher = launcher,
        };

        silo.Start();
        await silo.WaitUntilReadyAsync();
        using var client = new HttpClient { BaseAddress = silo.Address };
        using var answer = await client.PostAsJsonAsync(
            "/api/v1/tenants/image/counters/c/increment", new { by = 1 }, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
        silo.Process.Terminate();

        (await silo.Process.WaitForExitAsync(TimeSpan.FromMinutes(1))).ShouldBe(0, silo.Process.Transcript);
        File.Exists(Path.Combine(data, "raft.db")).ShouldBeTrue();
    }

    /// <summary>The program is built already, as the tests are.</summary>
    /// <returns>The image's archive.</returns>
    private async Task<string> PublishAsync(BaseImageRegistry registry, string name)
    {
        var archive = Path.Combine(folder, $"{name}.tar");
        await DotNet.RunAsync(
            SourceTree.Root,
            "publish",
            "src/OrleansRaft.Cli",
            "/t:PublishContainer",
            "--no-build",
            "--configuration",
            new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
            $"-p:PublishDir={Path.Combine(folder, name)}/",
            $"-p:ContainerBaseImage={registry.Image}",
            $"-p:ContainerArchiveOutputPath={archive}");
        return archive;
    }

    private static string DigestOf(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));
}
