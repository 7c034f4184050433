using System.Diagnostics;
using OrleansRaft.Testbed;

namespace OrleansRaft.Integration.Tests.Packages;

/// <summary>Commands of the SDK that the tests themselves run under.</summary>
internal static class DotNet
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    /// <summary>The SDK's own program.</summary>
    public static string Host { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Runs a command in a folder, with what it takes from this test run, and demands that it succeeds.</summary>
    /// <returns>What it wrote.</returns>
    public static Task<string> RunAsync(string folder, params string[] arguments) =>
        RunProgramAsync(Host, folder, new Dictionary<string, string>(), arguments);

    /// <summary>Runs a program likewise.</summary>
    /// <param name="program">Which.</param>
    /// <param name="folder">Where it runs.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<string> RunProgramAsync(
        string program, string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };

        // The build of the test run has handed down what concerns it alone.
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(name);
        }

        // The SDK's build servers outlive this run, and are the machine's.
        start.Environment["TMPDIR"] = TemporaryRoot.Before;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}\n{await output}\n{await errors}");
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
