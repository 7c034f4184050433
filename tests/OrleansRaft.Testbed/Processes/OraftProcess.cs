using System.Collections.Concurrent;
using System.Diagnostics;

namespace OrleansRaft.Testbed.Processes;

/// <summary>The built <c>oraft</c> as a process of its own, with what it wrote.</summary>
public sealed class OraftProcess : IAsyncDisposable
{
    private const int LinesMax = 20_000;

    private static readonly ConcurrentDictionary<int, Process> Living = new();

    private readonly ConcurrentQueue<string> output = new();
    private readonly ConcurrentQueue<string> errors = new();
    private readonly Process process;

    static OraftProcess() => AppDomain.CurrentDomain.ProcessExit += static (_, _) => KillAll();

    private OraftProcess(Process process) => this.process = process;

    /// <summary>The built program, beside the tests.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "oraft.dll");

    /// <summary>What it wrote to stdout, line by line.</summary>
    public IReadOnlyList<string> Output => [.. output];

    /// <summary>What it wrote to stderr, line by line.</summary>
    public IReadOnlyList<string> Errors => [.. errors];

    /// <summary>Everything it wrote, for the message of a failed test.</summary>
    public string Transcript => string.Join('\n', errors.Concat(output).TakeLast(60));

    /// <summary>The process's id.</summary>
    public int Id => process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => process.HasExited;

    /// <summary>Starts the program.</summary>
    /// <param name="arguments">What follows <c>oraft</c>.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    /// <param name="workingDirectory">Where it runs; this process's own by default.</param>
    /// <param name="launcher">A command that becomes the program, such as one that enters a network namespace; none by default.</param>
    public static OraftProcess Start(
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? workingDirectory = null,
        IReadOnlyList<string>? launcher = null) =>
        StartProgram(Program, arguments, environment, workingDirectory, launcher);

    /// <summary>Starts another program of ours.</summary>
    /// <param name="program">Its assembly.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    /// <param name="workingDirectory">Where it runs; this process's own by default.</param>
    /// <param name="launcher">A command that becomes the program; none by default.</param>
    public static OraftProcess StartProgram(
        string program,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? workingDirectory = null,
        IReadOnlyList<string>? launcher = null)
    {
        // A test run that was started in the background, or under nohup, ignores what keyboard and terminal send, and its children would inherit
        // that; env takes it away, and becomes the launcher, and dotnet itself. What a launcher ignores on purpose stays ignored.
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string[] command =
        [
            "env",
            "--default-signal=HUP",
            .. launcher ?? [],
            .. ProcessStarter.DiesWithUs,
            "env",
            "--default-signal=INT,QUIT",
            host,
            program,
            .. arguments,
        ];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = workingDirectory ?? "",
        };

        // Several processes share a test machine: the collector for servers would take a heap per core in each.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment.Remove("ORAFT_SERVER");
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = new Process { StartInfo = start };
        var started = new OraftProcess(process);
        process.OutputDataReceived += (_, line) => Keep(started.output, line.Data);
        process.ErrorDataReceived += (_, line) => Keep(started.errors, line.Data);
        ProcessStarter.Start(process);
        Living[process.Id] = process;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        process.StandardInput.Close();
        return started;
    }

    /// <summary>Runs the program to its end.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<(int ExitCode, OraftProcess Process)> RunAsync(
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? workingDirectory = null,
        TimeSpan? deadline = null)
    {
        var process = Start(arguments, environment, workingDirectory);
        return (await process.WaitForExitAsync(deadline ?? TimeSpan.FromMinutes(2)), process);
    }

    /// <summary>Waits until it has ended and all it wrote was read.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="TimeoutException">It did not end in time; it was killed.</exception>
    public async Task<int> WaitForExitAsync(TimeSpan deadline)
    {
        using var limit = new CancellationTokenSource(deadline);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            var transcript = Transcript;
            await KillAsync();
            throw new TimeoutException(
                $"oraft {string.Join(' ', process.StartInfo.ArgumentList.Skip(1))} did not end within {deadline}:\n{transcript}");
        }

        Living.TryRemove(process.Id, out _);
        return process.ExitCode;
    }

    /// <summary>SIGKILL: no chance to say goodbye.</summary>
    public async Task KillAsync()
    {
        KillIfAlive(process);
        await process.WaitForExitAsync();
        Living.TryRemove(process.Id, out _);
    }

    /// <summary>SIGTERM: asks it to stop.</summary>
    public void Terminate() => Signals.Send(process.Id, Signals.Terminate);

    /// <summary>SIGINT, as Ctrl+C sends it.</summary>
    public void Interrupt() => Signals.Send(process.Id, Signals.Interrupt);

    /// <summary>SIGQUIT, as Ctrl+\ sends it.</summary>
    public void Quit() => Signals.Send(process.Id, Signals.Quit);

    /// <summary>SIGHUP, as the loss of the terminal sends it.</summary>
    public void HangUp() => Signals.Send(process.Id, Signals.HangUp);

    /// <summary>SIGSTOP: the process stands still and does not know it.</summary>
    public void Pause() => Signals.Send(process.Id, Signals.Stop);

    /// <summary>SIGCONT: it goes on.</summary>
    public void Resume() => Signals.Send(process.Id, Signals.Continue);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process.Dispose();
    }

    /// <summary>Kills all that still run: this process ends.</summary>
    internal static void KillAll()
    {
        foreach (var orphan in Living.Values)
        {
            KillIfAlive(orphan);
        }
    }

    private static void KillIfAlive(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is null)
        {
            return;
        }

        lines.Enqueue(line);
        if (lines.Count > LinesMax)
        {
            lines.TryDequeue(out _);
        }
    }
}
