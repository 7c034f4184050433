using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace OrleansRaft.Testbed.PostgreSql;

/// <summary>A PostgreSQL server of our own on 127.0.0.1, with fsync on, that ends with this process however this process ends.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(2);

    /// <summary>Keeps the server as its child until its standard input ends, which it does when this process ends, killed or not.</summary>
    private const string Keeper = """
        "$1" -D "$2" -p "$3" </dev/null >>"$4" 2>&1 &
        server=$!
        echo $server
        cat >/dev/null
        kill -QUIT $server 2>/dev/null
        wait $server
        """;

    private readonly PostgresPrograms programs;
    private readonly string directory;
    private Process? keeper;
    private int serverId;
    private int databases;

    private PostgresServer(PostgresPrograms programs, string directory, int port)
    {
        this.programs = programs;
        this.directory = directory;
        Port = port;
    }

    public int Port { get; }

    private string Data => Path.Combine(directory, "data");

    private string LogFile => Path.Combine(directory, "server.log");

    /// <summary>Makes a server's files and starts it.</summary>
    /// <param name="address">Another address of this machine that it listens on besides loopback, for silos in a
    /// <see cref="Processes.SiloNetwork"/>.</param>
    /// <param name="connectionsMax">How many connections it takes.</param>
    /// <exception cref="PostgresUnavailableException">There is no PostgreSQL here.</exception>
    public static async Task<PostgresServer> StartNewAsync(string? address = null, int connectionsMax = 200)
    {
        var programs = PostgresPrograms.Get();
        var directory = Directory.CreateTempSubdirectory("oraft-postgres-").FullName;
        PostgresPrograms.MakeOwner(directory);
        var server = new PostgresServer(programs, directory, FreePort());
        try
        {
            await server.StartFirstAsync(address, connectionsMax);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The connection string of a database.</summary>
    public string ConnectionString(string database = "postgres") =>
        string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database}");

    /// <summary>Makes an empty database and answers its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string prefix = "test")
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}_{Interlocked.Increment(ref databases)}");
        await ExecuteAsync($"CREATE DATABASE {name}");
        return ConnectionString(name);
    }

    /// <summary>Puts an empty database in the place of one that it made.</summary>
    /// <param name="connectionString">The database.</param>
    public async Task EmptyAsync(string connectionString)
    {
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database!;
        await ExecuteAsync($"DROP DATABASE {name} WITH (FORCE)");
        await ExecuteAsync($"CREATE DATABASE {name}");
    }

    /// <summary>Lets the server speak TLS, with a certificate and its key in PEM, and plain text to nobody.</summary>
    public async Task UseTlsAsync(string certificate, string key)
    {
        await StopAsync();
        var (certificateFile, keyFile) = (Path.Combine(directory, "server.pem"), Path.Combine(directory, "server-key.pem"));
        await File.WriteAllTextAsync(certificateFile, certificate);
        await File.WriteAllTextAsync(keyFile, key);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(keyFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        PostgresPrograms.MakeOwner(keyFile);
        await File.AppendAllTextAsync(
            Path.Combine(Data, "postgresql.conf"), $"ssl = on\nssl_cert_file = '{certificateFile}'\nssl_key_file = '{keyFile}'\n");
        await File.WriteAllTextAsync(Path.Combine(Data, "pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n");
        await StartAsync();
    }

    /// <summary>Starts the server again, on the same port and data.</summary>
    public async Task StartAsync()
    {
        keeper = Process.Start(PostgresPrograms.AsUnprivileged(
            "/bin/sh", "-c", Keeper, "keeper", programs.PathOf("postgres"), Data, Port.ToString(CultureInfo.InvariantCulture), LogFile))!;
        serverId = int.Parse((await keeper.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        await WaitUntilReadyAsync();
    }

    /// <summary>Stops the server: connections are cut, what was committed is on disk.</summary>
    public Task StopAsync() => EndAsync("INT");

    /// <summary>Stops the server without a checkpoint, as a crash of the machine would: it recovers from its log when it starts again.</summary>
    public Task StopImmediatelyAsync() => EndAsync("QUIT");

    /// <summary>Kills every process of the server.</summary>
    public Task KillAsync() => EndAsync("KILL");

    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Stops every process of the server in its tracks: it answers nothing, and connections stay open.</summary>
    public void Pause() => Signal("STOP", Processes());

    /// <summary>Lets the server go on after <see cref="Pause"/>.</summary>
    public void Resume() => Signal("CONT", Processes());

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (keeper is { HasExited: false })
            {
                await EndAsync("QUIT");
            }
        }
        finally
        {
            keeper?.Dispose();
            Directory.Delete(directory, recursive: true);
        }
    }

    private async Task ExecuteAsync(string command)
    {
        await using var connection = new NpgsqlConnection(ConnectionString() + ";Pooling=false;Timeout=60;Command Timeout=60");
        await connection.OpenAsync();
        await using var made = connection.CreateCommand();
#pragma warning disable CA2100 // The names in it are made here.
        made.CommandText = command;
#pragma warning restore CA2100
        await made.ExecuteNonQueryAsync();
    }

    /// <summary>Makes its files and starts it.</summary>
    private async Task StartFirstAsync(string? address, int connectionsMax)
    {
        PostgresPrograms.Run(PostgresPrograms.AsUnprivileged(
            programs.PathOf("initdb"), "-D", Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"));
        await File.AppendAllTextAsync(
            Path.Combine(Data, "postgresql.conf"),
            $"""

            listen_addresses = '{(address is null ? "" : address + ",")}127.0.0.1'
            unix_socket_directories = '{directory}'
            fsync = on
            shared_buffers = 64MB
            max_connections = {connectionsMax.ToString(CultureInfo.InvariantCulture)}
            max_wal_size = 512MB
            log_min_messages = warning

            """);
        if (address is not null)
        {
            await File.AppendAllTextAsync(Path.Combine(Data, "pg_hba.conf"), $"host all all {address}/24 trust\n");
        }

        await StartAsync();
    }

    private async Task EndAsync(string signal)
    {
        Signal(signal, signal == "KILL" ? Processes() : [serverId]);
        while (IsRunning())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        keeper!.StandardInput.Close();
        await keeper.WaitForExitAsync();
        NpgsqlConnection.ClearAllPools();
    }

    private bool IsRunning()
    {
        try
        {
            return !File.ReadAllText($"/proc/{serverId}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // The process has gone, perhaps between opening the file and reading it.
            return false;
        }
    }

    private int[] Processes() =>
    [
        serverId,
        .. File.ReadAllText($"/proc/{serverId}/task/{serverId}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(id => int.Parse(id, CultureInfo.InvariantCulture)),
    ];

    private static void Signal(string signal, int[] processes)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"kill -{signal} {string.Join(' ', processes)} 2>/dev/null; true"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        PostgresPrograms.Run(start);
    }

    private async Task WaitUntilReadyAsync()
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString() + ";Pooling=false;Timeout=5");
                await connection.OpenAsync();
                return;
            }
            catch (NpgsqlException) when (clock.Elapsed < StartDeadline && IsRunning())
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }
            catch (NpgsqlException exception)
            {
                throw new InvalidOperationException($"PostgreSQL did not start on port {Port}: {await File.ReadAllTextAsync(LogFile)}", exception);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
