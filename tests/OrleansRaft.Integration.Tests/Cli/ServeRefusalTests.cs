using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>A silo that cannot start says why in one line, ends with 1, and leaves nothing half-written.</summary>
public sealed class ServeRefusalTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("oraft-serve-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("--http", "HTTP address")]
    [InlineData("--silo-port", "silo's address")]
    [InlineData("--gateway-port", "gateway's address")]
    public async Task A_port_in_use_is_refused_before_anything_is_written(string option, string what)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        var (exitCode, process) = await ServeAsync(option, option == "--http" ? $"http://127.0.0.1:{port}" : port);

        ShouldBeOneLine(exitCode, process, what, port, option);
        Directory.EnumerateFileSystemEntries(folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_connection_string_that_is_none_is_refused_without_repeating_its_password()
    {
        var (exitCode, process) = await ServeAsync("--store", "postgres", "--postgres", "postgres://me:secret@db/oraft");

        ShouldBeOneLine(exitCode, process, "--postgres", "Host=");
        process.Transcript.ShouldNotContain("secret");
    }

    [Fact]
    public async Task A_folder_that_another_process_holds_is_refused()
    {
        await using var holder = new OraftSilo("holder", ["--groups", "1", "--data", folder]);
        holder.Start();
        await holder.WaitUntilReadyAsync();

        var (exitCode, process) = await ServeAsync("--groups", "1");

        ShouldBeOneLine(exitCode, process, folder);
        (await holder.IsReadyAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_folder_of_a_cluster_that_was_made_otherwise_is_refused_and_stays_as_it_was()
    {
        await using (var maker = new OraftSilo("maker", ["--groups", "1", "--data", folder]))
        {
            maker.Start();
            await maker.WaitUntilReadyAsync();
        }

        foreach (var (option, value, what) in new[]
        {
            ("--groups", "2", "2 group"), ("--replicas", "5", "5 replica"), ("--cluster-id", "other", "'other'"),
        })
        {
            var (exitCode, process) = await ServeAsync([.. option == "--groups" ? [] : new[] { "--groups", "1" }, option, value]);

            ShouldBeOneLine(exitCode, process, what);
        }

        await using var again = new OraftSilo("maker", ["--groups", "1", "--data", folder]);
        again.Start();
        await again.WaitUntilReadyAsync();
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_refused()
    {
        var file = Path.Combine(folder, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);

        var (exitCode, process) = await ServeAsync("--data", Path.Combine(file, "data"));

        ShouldBeOneLine(exitCode, process, file);
    }

    [Fact]
    public async Task A_setting_of_the_library_that_makes_no_sense_is_refused_with_its_name()
    {
        var (exitCode, process) = await ServeAsync("--set", "Raft:ElectionTicksMin=1");

        ShouldBeOneLine(exitCode, process, "Raft:ElectionTicksMin");
    }

    [Fact]
    public async Task A_variable_that_makes_no_sense_is_refused_with_its_name()
    {
        var (exitCode, process) = await OraftProcess.RunAsync(
            ["serve"], new Dictionary<string, string> { ["ORAFT_GROUPS"] = "many" }, folder);

        exitCode.ShouldBe(2);
        process.Errors.ShouldHaveSingleItem().ShouldContain("ORAFT_GROUPS is 'many'");
    }

    private static void ShouldBeOneLine(int exitCode, OraftProcess process, params ReadOnlySpan<string> words)
    {
        exitCode.ShouldBe(1, process.Transcript);
        var line = process.Errors.ShouldHaveSingleItem();
        line.ShouldStartWith("oraft: ");
        foreach (var word in words)
        {
            line.ShouldContain(word);
        }

        process.Output.ShouldBeEmpty();
    }

    private Task<(int ExitCode, OraftProcess Process)> ServeAsync(params IEnumerable<string> arguments)
    {
        var said = arguments.ToList();
        var defaults = new Dictionary<string, string>
        {
            ["--http"] = $"http://127.0.0.1:{FreePorts.Next()}",
            ["--silo-port"] = FreePorts.Next().ToString(CultureInfo.InvariantCulture),
            ["--gateway-port"] = FreePorts.Next().ToString(CultureInfo.InvariantCulture),
            ["--data"] = folder,
        };
        var others = defaults.Where(option => !said.Contains(option.Key)).SelectMany(option => new[] { option.Key, option.Value });
        return OraftProcess.RunAsync(["serve", .. others, .. said], workingDirectory: folder);
    }
}
