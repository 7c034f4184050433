using System.CommandLine;
using Microsoft.Extensions.Configuration;
using Npgsql;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Cli.Serve;

/// <summary>
/// Which PostgreSQL servers are meant: by connection strings, or by a file that holds them, so that no password has to stand on a command line or in
/// the environment.
/// </summary>
internal static class PostgresSettings
{
    /// <summary>Connection strings.</summary>
    public static Setting Servers { get; } = new(
        "--postgres",
        "CONNECTION",
        "A PostgreSQL server, such as 'Host=127.0.0.1;Username=oraft;Database=oraft'; repeat it for several: "
        + "replica k of a group logs to server (k - 1) mod n. Its password is found in PGPASSFILE or ~/.pgpass, or where Passfile=... says.",
        null,
        isRepeatable: true);

    /// <summary>A file with connection strings.</summary>
    public static Setting File { get; } = new(
        "--postgres-file",
        "FILE",
        "A file with the connection strings, one a line, in order, in place of --postgres, mode 0600; empty lines and those with # do not count.",
        null);

    /// <summary>The connection strings that were said, none of them well-formed by chance.</summary>
    /// <exception cref="CliException">Something makes no sense.</exception>
    public static IReadOnlyList<string> Read(ParseResult parsed, IConfiguration configuration)
    {
        var said = Servers.ReadAll(parsed, configuration);
        if (File.Read(parsed, configuration) is { } file)
        {
            said = said.Count == 0
                ? ReadFile(file)
                : throw new CliException(
                    ExitCode.Usage,
                    $"{said[0].Source} and {file.Source} both name PostgreSQL servers.",
                    "Name them in one of the two; see `oraft serve --help`.");
        }

        return [.. said.Select(ConnectionString)];
    }

    private static List<(string Value, string Source)> ReadFile((string Value, string Source) file)
    {
        var said = SecretFile.ReadText(file.Value, file.Source)
            .Split('\n')
            .Select((line, number) => (Value: line.Trim(), Source: $"line {number + 1} of {file.Value}"))
            .Where(static line => line.Value.Length > 0 && line.Value[0] != '#')
            .ToList();
        return said.Count > 0
            ? said
            : throw new CliException(ExitCode.Refused, $"{file.Source} is '{file.Value}', which names no server.", "Write one connection string on "
                + "each line.");
    }

    /// <summary>A connection string that is well-formed, and whose files nobody else can read.</summary>
    /// <param name="said">The string, and what it is called in messages.</param>
    /// <exception cref="CliException">It is not, or a file that it names is open to others.</exception>
    public static string ConnectionString((string Value, string Source) said)
    {
        NpgsqlConnectionStringBuilder? server = null;
        try
        {
            server = new NpgsqlConnectionStringBuilder(said.Value);
        }
        catch (ArgumentException)
        {
            // Said below, without repeating the string: it may hold a password.
        }

        if (server is not { Host.Length: > 0 })
        {
            throw new CliException(
                ExitCode.Refused,
                $"{said.Source} is not a connection string that names a server.",
                "Write it like 'Host=127.0.0.1;Port=5432;Username=oraft;Password=...;Database=oraft'.");
        }

        RequireSecretsClosed(server, said.Source);
        return said.Value;
    }

    /// <summary>Npgsql reads these files, from where it is told or where PostgreSQL's own programs look, and does not ask who else may.</summary>
    private static void RequireSecretsClosed(NpgsqlConnectionStringBuilder server, string source)
    {
        if (string.IsNullOrEmpty(server.Password))
        {
            RequireClosed((server.Passfile, $"Passfile in {source}"), Named("PGPASSFILE"), InHome(".pgpass", "the password file"));
        }

        RequireClosed((server.SslKey, $"SSL Key in {source}"), Named("PGSSLKEY"), InHome(".postgresql/postgresql.key", "the client's key"));
    }

    private static (string? Path, string Source) Named(string variable) => (Environment.GetEnvironmentVariable(variable), variable);

    private static (string? Path, string Source) InHome(string name, string source) =>
        (Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), name), source);

    /// <summary>The first one that is named is the one that is used.</summary>
    private static void RequireClosed(params ReadOnlySpan<(string? Path, string Source)> places)
    {
        foreach (var (path, source) in places)
        {
            if (!string.IsNullOrEmpty(path))
            {
                SecretFile.RequireClosed(path, source);
                return;
            }
        }
    }
}
