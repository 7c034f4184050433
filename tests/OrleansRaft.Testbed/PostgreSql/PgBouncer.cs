using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Testbed.PostgreSql;

/// <summary>PgBouncer in transaction mode before a server: each transaction may run in another session.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/pgbouncer";
    private static readonly TimeSpan StartDeadline = TimeSpan.FromMinutes(1);

    /// <summary>Ends PgBouncer when this process ends, however it ends.</summary>
    private const string Keeper = """
        "$1" -q "$2" </dev/null >/dev/null 2>&1 &
        pooler=$!
        cat >/dev/null
        kill -KILL $pooler 2>/dev/null
        wait $pooler
        """;

    private readonly string directory;
    private readonly Process keeper;

    private PgBouncer(string directory, Process keeper, int port)
    {
        this.directory = directory;
        this.keeper = keeper;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Starts it. As root it installs Debian's package where that is missing.</summary>
    /// <exception cref="PostgresUnavailableException">There is no PgBouncer here.</exception>
    public static async Task<PgBouncer> StartAsync(int targetPort)
    {
        Install();
        var port = FreePorts.Next();
        var directory = Directory.CreateTempSubdirectory("oraft-pgbouncer-").FullName;
        var users = Path.Combine(directory, "users.txt");
        var settings = Path.Combine(directory, "pgbouncer.ini");
        await File.WriteAllTextAsync(users, "\"postgres\" \"\"\n");
        await File.WriteAllTextAsync(settings, string.Create(
            CultureInfo.InvariantCulture,
            $"""
            [databases]
            * = host=127.0.0.1 port={targetPort}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {users}
            pool_mode = transaction
            default_pool_size = 4
            server_round_robin = 1
            ignore_startup_parameters = search_path

            """));
        PostgresPrograms.MakeOwner(directory);
        var keeper = Process.Start(PostgresPrograms.AsUnprivileged("/bin/sh", "-c", Keeper, "keeper", Program, settings))!;
        var pooler = new PgBouncer(directory, keeper, port);
        await Until.TrueAsync(() => Task.FromResult(pooler.Listens()), StartDeadline, () => "PgBouncer does not listen");
        return pooler;
    }

    /// <summary>A connection string that goes through the pooler.</summary>
    public string Redirect(string connectionString) => new Npgsql.NpgsqlConnectionStringBuilder(connectionString) { Port = Port }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        keeper.StandardInput.Close();
        await keeper.WaitForExitAsync();
        keeper.Dispose();
        Directory.Delete(directory, recursive: true);
    }

    private bool Listens()
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void Install()
    {
        if (!File.Exists(Program) && Environment.IsPrivilegedProcess && File.Exists("/usr/bin/apt-get"))
        {
            Console.Error.WriteLine("PgBouncer is missing: installing it with apt-get.");
            PostgresPrograms.Run(new ProcessStartInfo("/bin/sh", ["-c", "apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get "
                + "install -q -y pgbouncer"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                });
        }

        if (!File.Exists(Program))
        {
            throw new PostgresUnavailableException($"PgBouncer was not found at {Program}: install the package 'pgbouncer'");
        }
    }
}
