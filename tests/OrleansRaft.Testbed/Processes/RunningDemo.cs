using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansRaft.Testbed.Processes;

/// <summary><c>oraft demo</c>: three silos and a gentle load in one process, behind one address.</summary>
public sealed partial class RunningDemo : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeMax = TimeSpan.FromMinutes(3);

    private RunningDemo(OraftProcess process, Uri address)
    {
        Process = process;
        Address = address;
    }

    /// <summary>The process.</summary>
    public OraftProcess Process { get; }

    /// <summary>Its page and API.</summary>
    public Uri Address { get; }

    /// <summary>Starts it, and waits until it tells its address.</summary>
    /// <param name="rate">How many increments a second its load makes.</param>
    public static async Task<RunningDemo> StartAsync(int rate = 300)
    {
        // Without a terminal it kills a silo after a third of its time: so much that nobody sees it.
        var process = OraftProcess.Start(["demo", "--no-input", "--seconds", "7200", "--rate", rate.ToString(CultureInfo.InvariantCulture)]);
        Uri? address = null;
        await Until.TrueAsync(
            () =>
            {
                var told = process.Output.Select(line => ToldAddress().Match(line)).FirstOrDefault(match => match.Success);
                address = told is null ? null : new Uri(told.Groups[1].Value);
                return process.HasExited
                    ? throw new InvalidOperationException($"The demo ended:\n{process.Transcript}")
                    : Task.FromResult(address is not null);
            },
            StartTimeMax,
            () => $"the demo did not tell its address:\n{process.Transcript}");
        return new RunningDemo(process, address!);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Process.DisposeAsync();

    [GeneratedRegex(@"the page and the API are at (http://\S+/)")]
    private static partial Regex ToldAddress();
}
