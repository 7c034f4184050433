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
        "--postgres-file", "FILE", "A file with the connection strings, one a line, in order, in place of --postgres; empty lines and those with # "
        + "do not count.", null);

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
        string[] lines;
        try
        {
            lines = System.IO.File.ReadAllLines(file.Value);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException(
                ExitCode.Refused,
                $"{file.Source} is '{file.Value}', which cannot be read: {failure.Message.TrimEnd('.')}.",
                "Name a file that this user can read.");
        }

        var said = lines
            .Select((line, number) => (Value: line.Trim(), Source: $"line {number + 1} of {file.Value}"))
            .Where(static line => line.Value.Length > 0 && line.Value[0] != '#')
            .ToList();
        return said.Count > 0
            ? said
            : throw new CliException(ExitCode.Refused, $"{file.Source} is '{file.Value}', which names no server.", "Write one connection string on "
                + "each line.");
    }

    private static string ConnectionString((string Value, string Source) said)
    {
        try
        {
            if (new NpgsqlConnectionStringBuilder(said.Value).Host is { Length: > 0 })
            {
                return said.Value;
            }
        }
        catch (ArgumentException)
        {
            // Said below, without repeating the string: it may hold a password.
        }

        throw new CliException(
            ExitCode.Refused,
            $"{said.Source} is not a connection string that names a server.",
            "Write it like 'Host=127.0.0.1;Port=5432;Username=oraft;Password=...;Database=oraft'.");
    }
}
