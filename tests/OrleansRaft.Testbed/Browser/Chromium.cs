using System.Diagnostics;
using Microsoft.Playwright;

namespace OrleansRaft.Testbed.Browser;

/// <summary>The system's Chromium, driven from outside.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private readonly IPlaywright playwright;

    private Chromium(IPlaywright playwright, IBrowser browser)
    {
        this.playwright = playwright;
        Browser = browser;
    }

    /// <summary>The browser.</summary>
    public IBrowser Browser { get; }

    /// <summary>Starts the browser, which is installed first where that is possible.</summary>
    /// <exception cref="ChromiumUnavailableException">There is none.</exception>
    public static async Task<Chromium> StartAsync()
    {
        var program = await FindAsync();
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = program,
            // As root there is no sandbox, and in a container little shared memory. The only pages that are opened are our own.
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
        });
        return new Chromium(playwright, browser);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Browser.DisposeAsync();
        playwright.Dispose();
    }

    private static async Task<string> FindAsync()
    {
        var program = Search();
        if (program is null && Environment.IsPrivilegedProcess && File.Exists("/usr/bin/apt-get"))
        {
            await Console.Error.WriteLineAsync("Chromium is missing: installing it with apt-get. This takes a minute.");
            await InstallAsync();
            program = Search();
        }

        return program ?? throw new ChromiumUnavailableException("No Chromium was found in the PATH: install the package 'chromium'.");
    }

    private static string? Search() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);

    private static async Task InstallAsync()
    {
        using var process = Process.Start(new ProcessStartInfo(
            "/bin/sh", ["-c", "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y chromium"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new ChromiumUnavailableException(
                $"Chromium could not be installed: apt-get ended with {process.ExitCode}. {await output}{await errors}");
        }
    }
}
