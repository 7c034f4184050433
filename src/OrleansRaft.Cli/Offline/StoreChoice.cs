using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Serve;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime.Storage;
using OrleansRaft.Sqlite;

namespace OrleansRaft.Cli.Offline;

/// <summary>The store that a command works on without a silo: a folder, or PostgreSQL servers.</summary>
internal sealed class StoreChoice
{
    private readonly string? data;
    private readonly IReadOnlyList<string> postgres;

    private StoreChoice(string? data, IReadOnlyList<string> postgres)
    {
        this.data = data;
        this.postgres = postgres;
    }

    /// <summary>The folder of a store.</summary>
    public static Option<string> Data { get; } = new("--data") { Description = "The folder of the sqlite store of one silo.", HelpName = "DIR" };

    /// <summary>The options by which it is chosen.</summary>
    public static IReadOnlyList<Option> Options { get; } = [Data, PostgresSettings.Servers.Option, PostgresSettings.File.Option];

    /// <summary>How many database servers it has; 1 for a folder.</summary>
    public int Servers => Math.Max(1, postgres.Count);

    /// <summary>The beginning of a sentence about what is in it: its name, and "holds", or "hold" where it is several servers.</summary>
    public string Holds => $"{Name} {(postgres.Count > 1 ? "hold" : "holds")}";

    /// <summary>What it is called.</summary>
    public string Name => data ?? (postgres.Count == 1 ? PostgreSqlSchema.Describe(postgres[0]) : $"{postgres.Count} PostgreSQL servers");

    /// <summary>The store as it is named in one word: a folder, or connection strings.</summary>
    public static Argument<string[]> Place { get; } = new("store")
    {
        Description = "The folder of a sqlite store, or the connection string of each PostgreSQL server, always in the "
            + "same order; or the options below.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>Reads what was chosen, as <see cref="Place"/> or by options.</summary>
    /// <exception cref="CliException">Nothing was, or both.</exception>
    public static StoreChoice ReadPlace(ParseResult parsed)
    {
        var places = parsed.GetValue(Place) ?? [];
        return places switch
        {
            [] => Read(parsed),
            [var folder] when !folder.Contains('=', StringComparison.Ordinal) => new StoreChoice(Path.GetFullPath(folder), []),
            _ when Array.TrueForAll(places, static place => place.Contains('=', StringComparison.Ordinal)) =>
                new StoreChoice(null, [.. places.Select(static place => PostgresSettings.ConnectionString((place, "the store")))]),
            _ => throw new CliException(
                ExitCode.Usage,
                $"{places.Length} places are named that are no store together.",
                "Name one folder, or the connection strings of all servers."),
        };
    }

    /// <summary>Reads what was chosen by options.</summary>
    /// <exception cref="CliException">Nothing was, or both.</exception>
    public static StoreChoice Read(ParseResult parsed)
    {
        var data = parsed.GetValue(Data);
        var isNamed = parsed.GetResult(PostgresSettings.Servers.Option) is { Implicit: false }
            || parsed.GetResult(PostgresSettings.File.Option) is { Implicit: false };
        if (data is not null && isNamed)
        {
            throw new CliException(ExitCode.Usage, "--data and --postgres both name a store.", "Name one of the two.");
        }

        var postgres = data is null ? PostgresSettings.Read(parsed, SiloHost.CreateBuilder([]).Configuration) : [];
        return data is null && postgres.Count == 0
            ? throw new CliException(
                ExitCode.Usage,
                "no store is named.",
                "Name the folder of a sqlite store with --data, or PostgreSQL servers with --postgres, --postgres-file or ORAFT_POSTGRES.")
            : new StoreChoice(data is null ? null : Path.GetFullPath(data), postgres);
    }

    /// <summary>Opens one that is there already.</summary>
    /// <exception cref="CliException">There is none.</exception>
    /// <exception cref="StoreRefusedException">Another process has it, or it cannot be opened.</exception>
    public ILogStore OpenExisting() => data is null || File.Exists(Path.Combine(data, "raft.db")) || File.Exists(Path.Combine(data, "raft.mark"))
        ? Open()
        : throw new CliException(ExitCode.Refused, $"there is no store in '{data}'.", "Name the folder that `oraft serve --data` was given.");

    /// <summary>Opens it, or makes a folder that is not there.</summary>
    /// <exception cref="StoreRefusedException">Another process has it, or it cannot be opened.</exception>
    public ILogStore Open() => data is not null
        ? SqliteLogStore.Open(new SqliteStoreOptions { Directory = data }, TimeProvider.System, NullLogger.Instance)
        : new PostgreSqlLogStore(
            new PostgreSqlStoreOptions { ConnectionStrings = postgres, SiloName = "oraft", StartTimeout = TimeSpan.FromSeconds(10) },
            TimeProvider.System,
            NullLogger.Instance);
}
