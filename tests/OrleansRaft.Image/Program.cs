using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OrleansRaft.Image;

// Builds the image of `oraft` twice into archives, without an engine; unpacks one, and starts what it holds. Prints what it saw; ends with 1 when
// something is wrong.
var repository = new DirectoryInfo(AppContext.BaseDirectory);
while (!File.Exists(Path.Combine(repository.FullName, "OrleansRaft.sln")))
{
    repository = repository.Parent ?? throw new InvalidOperationException("There is no OrleansRaft.sln above this program.");
}

var folder = Directory.CreateTempSubdirectory("oraft-image-").FullName;
try
{
    using var bases = new BaseImages(FreePort());
    var images = new List<Archive>();
    foreach (var number in new[] { "1", "2" })
    {
        var archive = Path.Combine(folder, $"oraft-{number}.tar.gz");
        Run(
            "dotnet",
            [
                "publish", "src/OrleansRaft.Cli", "--configuration", "Release", "/t:PublishContainer", "-v", "q", "-nologo", "--no-self-contained",
                $"-p:ContainerBaseImage={bases.Name}", $"-p:ContainerArchiveOutputPath={archive}", "-p:ContinuousIntegrationBuild=true",
            ]);
        images.Add(await Archive.UnpackAsync(archive, Path.Combine(folder, number)));
    }

    Require(images[0].Layers.SequenceEqual(images[1].Layers), "two builds of the same sources have other layers");
    Require(images[0].User is not ("" or "root" or "0"), $"a container would run as '{images[0].User}'");
    var http = $"http://127.0.0.1:{FreePort()}";
    string[] command =
    [
        .. images[0].Entrypoint.Select(word => word.StartsWith("/app/", StringComparison.Ordinal) ? Path.Combine(folder, "1", word[1..]) : word),
        "serve", "--store", "memory", "--drain", "0", "--http", http, "--silo-port", $"{FreePort()}", "--gateway-port", $"{FreePort()}",
    ];
    using var silo = Process.Start(new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder })!;
    await AnswersAsync(silo, new Uri($"{http}/health/ready"));
    Run("kill", ["-TERM", $"{silo.Id}"]);
    await silo.WaitForExitAsync();
    Require(silo.ExitCode == 0, $"the silo ended with {silo.ExitCode}");
    Console.WriteLine($"an image of {images[0].Layers.Count} layer(s), the same twice, as user {images[0].User}, that starts {string.Join(' ', images[0].Entrypoint)}");
    return 0;
}
catch (InvalidOperationException wrong)
{
    Console.WriteLine(wrong.Message);
    return 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

void Run(string program, string[] arguments)
{
    using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = repository.FullName })!;
    process.WaitForExit();
    Require(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
}

static void Require(bool condition, string problem)
{
    if (!condition)
    {
        throw new InvalidOperationException(problem);
    }
}

static async Task AnswersAsync(Process silo, Uri address)
{
    using var client = new HttpClient();
    for (var attempt = 0; attempt < 600; attempt++)
    {
        Require(!silo.HasExited, "the silo ended instead of becoming ready");
        try
        {
            using var answer = await client.GetAsync(address);
            if (answer.IsSuccessStatusCode)
            {
                return;
            }
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
        }

        await Task.Delay(100);
    }

    throw new InvalidOperationException($"{address} did not answer in a minute");
}

static int FreePort()
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}
