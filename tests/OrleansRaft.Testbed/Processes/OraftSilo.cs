using System.Globalization;

namespace OrleansRaft.Testbed.Processes;

/// <summary>A place in a network of its own.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Launcher">The command that starts a program there.</param>
public sealed record SiloHome(string Address, IReadOnlyList<string> Launcher);

/// <summary>One silo: an identity that outlives its processes, and the process that runs it at the moment.</summary>
/// <param name="name">The silo's name.</param>
/// <param name="arguments">Options besides its name and ports.</param>
/// <param name="environment">Variables of its processes, besides those of this one.</param>
/// <param name="home">Where in a network it lives; this machine's loopback by default.</param>
public sealed class OraftSilo(
    string name, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, SiloHome? home = null) : IAsyncDisposable
{
    private const int Evicted = 7;
    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromMinutes(3);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly int httpPort = FreePorts.Next();
    private readonly int siloPort = FreePorts.Next();
    private readonly int gatewayPort = FreePorts.Next();
    private OraftProcess? process;

    /// <summary>The silo's name.</summary>
    public string Name => name;

    /// <summary>Its HTTP API.</summary>
    public Uri Address => new($"{(Tls is null ? "http" : "https")}://{Host}:{httpPort}");

    /// <summary>What its HTTP API is asked with, where that is TLS; null where it is plain text.</summary>
    public HttpClient? Tls { get; init; }

    /// <summary>What its processes run: another build of <c>oraft</c>, if a test says so before it starts.</summary>
    public string Program { get; set; } = OraftProcess.Program;

    /// <summary>For how long its next process drains. None by default: most tests do not stop a silo for the sake of its drain.</summary>
    public double DrainSeconds { get; set; }

    /// <summary>The command that becomes its next process; that of its home by default.</summary>
    public IReadOnlyList<string>? Launcher { get; set; } = home?.Launcher;

    /// <summary>The port for the other silos.</summary>
    public int SiloPort => siloPort;

    /// <summary>The port for Orleans clients.</summary>
    public int GatewayPort => gatewayPort;

    private string Host => home?.Address ?? "127.0.0.1";

    /// <summary>The process that runs it.</summary>
    public OraftProcess Process => process ?? throw new InvalidOperationException($"{name} was never started.");

    /// <summary>The whole command line, without the program.</summary>
    public IReadOnlyList<string> CommandLine =>
    [
        "serve",
        "--silo-name", name,
        "--http", Address.AbsoluteUri.TrimEnd('/'),
        "--silo-address", Host,
        "--silo-port", siloPort.ToString(CultureInfo.InvariantCulture),
        "--gateway-port", gatewayPort.ToString(CultureInfo.InvariantCulture),
        .. arguments,

        // A network of its own is one that nobody else reaches.
        .. home is null ? Array.Empty<string>() : ["--insecure"],
        "--drain", DrainSeconds.ToString(CultureInfo.InvariantCulture),
    ];

    /// <summary>Starts a process for it, after the last one has ended.</summary>
    public void Start()
    {
        if (process is { HasExited: false })
        {
            throw new InvalidOperationException($"{name} runs already.");
        }

        process = OraftProcess.StartProgram(Program, CommandLine, environment, launcher: Launcher);
    }

    /// <summary>
    /// Waits until it has joined and its replicas have caught up. Started again, as by a supervisor, when the others evict it meanwhile.
    /// </summary>
    /// <param name="patience">For how long it may take; generous by default.</param>
    /// <exception cref="InvalidOperationException">The process ended.</exception>
    /// <exception cref="TimeoutException">It did not become ready.</exception>
    public Task WaitUntilReadyAsync(TimeSpan? patience = null) => Until.TrueAsync(
        async () =>
        {
            if (!Process.HasExited)
            {
                return await IsReadyAsync();
            }

            // A busy machine keeps a silo that starts from answering for seconds.
            if (await Process.WaitForExitAsync(ReadyDeadline) != Evicted)
            {
                throw new InvalidOperationException($"{name} ended instead of becoming ready:\n{Process.Transcript}");
            }

            Start();
            return false;
        },
        patience ?? ReadyDeadline,
        () => $"{name} did not become ready:\n{Process.Transcript}");

    /// <summary>Whether it says that it is ready.</summary>
    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var response = await (Tls ?? Http).GetAsync(new Uri(Address, "/health/ready"));
            return response.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }
    }
}
