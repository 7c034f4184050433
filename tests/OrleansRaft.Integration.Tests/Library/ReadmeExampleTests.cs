using System.Globalization;
using System.Text.RegularExpressions;
using OrleansRaft.Integration.Tests.Architecture;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Library;

/// <summary>What the README shows of the library is a whole program, which runs on an empty database.</summary>
public sealed partial class ReadmeExampleTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    // In its own folder, as a user has it: beside the tests, it would find theirs.
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory.Replace(
        Path.Combine("tests", "OrleansRaft.Integration.Tests"),
        Path.Combine("tests", "OrleansRaft.ReadmeExample"),
        StringComparison.Ordinal), "OrleansRaft.ReadmeExample.dll");

    [Fact]
    public void The_program_in_the_README_is_the_one_that_is_built()
    {
        var readme = File.ReadAllText(Path.Combine(SourceTree.Root, "README.md"));
        var program = File.ReadAllText(Path.Combine(SourceTree.Root, "tests", "OrleansRaft.ReadmeExample", "Program.cs"));

        CodeBlock().Match(readme[readme.IndexOf("## Use it as a library", StringComparison.Ordinal)..]).Groups["code"].Value
            .Trim()
            .ShouldBe(program.Trim());
    }

    [Fact]
    public async Task It_runs_on_an_empty_database_and_applies_its_deposit_once_however_often_it_is_started()
    {
        var database = await (await postgres.GetServerAsync()).CreateDatabaseAsync("readme");

        (await RunAsync(database)).ShouldBe(["alice has 10"]);
        (await RunAsync(database)).ShouldBe(["alice has 10"]);
    }

    private static async Task<string[]> RunAsync(string database)
    {
        await using var program = OraftProcess.StartProgram(
            Program,
            [
                $"--Database={database}",
                "--Logging:LogLevel:Default=Warning",
                "--Orleans:Endpoints:AdvertisedIPAddress=127.0.0.1",
                $"--Orleans:Endpoints:SiloPort={FreePorts.Next().ToString(CultureInfo.InvariantCulture)}",
                $"--Orleans:Endpoints:GatewayPort={FreePorts.Next().ToString(CultureInfo.InvariantCulture)}",
            ]);
        await program.WaitForExitAsync(Patience);
        return [.. program.Output.Where(line => line.StartsWith("alice", StringComparison.Ordinal)).DefaultIfEmpty(program.Transcript)];
    }

    [GeneratedRegex("```csharp\n(?<code>.*?)\n```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
