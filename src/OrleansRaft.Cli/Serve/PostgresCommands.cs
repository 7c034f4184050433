using System.CommandLine;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.PostgreSql;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Cli.Serve;

/// <summary><c>oraft postgres</c>: work on the PostgreSQL servers of a cluster, without a silo.</summary>
internal static class PostgresCommands
{
    private static readonly Option<bool> AcceptDataLoss = new("--accept-data-loss")
    {
        Description = "Do it: what was acknowledged after the copy was made may be lost, and the original is never used again.",
    };

    private static readonly Option<bool> OriginalIsStopped = new("--original-is-stopped")
    {
        Description = "Do it: the server was shut down cleanly before it was upgraded or moved, and the former one will never start again.",
    };

    private static readonly Option<int> Server = new("--server")
    {
        Description = "Which server was lost, by its number: the first --postgres is server 0.",
        HelpName = "N",
        Required = true,
    };

    /// <summary>Makes the command.</summary>
    public static Command Create() => new("postgres", "Works on the PostgreSQL servers of a cluster.")
    {
        CreateAdopt(), CreateUpgraded(), CreateReplace(),
    };

    /// <summary>Refuses a command line that names no server.</summary>
    public static void RequireNamed(IReadOnlyList<string> servers)
    {
        if (servers.Count == 0)
        {
            throw new CliException(ExitCode.Usage, "no PostgreSQL server is named.", "Name it with --postgres "
                + "'Host=...;Username=...;Database=...', --postgres-file or ORAFT_POSTGRES.");
        }
    }

    /// <summary>Runs work on servers; their refusals become sentences.</summary>
    public static async Task<ExitCode> ExplainedAsync(Func<Task<ExitCode>> work)
    {
        try
        {
            return await work();
        }
        catch (StoreRefusedException refused)
        {
            throw StartupFailures.Explain(refused);
        }
    }

    private static Command CreateAdopt() => Sub(
        "adopt",
        "Accepts a server that was restored from a dump, or promoted from a standby, in the place of one that is lost. Without --accept-data-loss it "
        + "only says what that would mean.",
        AdoptAsync,
        AcceptDataLoss);

    private static Command CreateUpgraded() => Sub(
        "upgraded",
        "Accepts a server that was upgraded to another major version of PostgreSQL, by pg_upgrade, or moved, while it was stopped: its system "
        + "identifier is another one, and nothing is lost. Without --original-is-stopped it only says what it finds.",
        AcceptUpgradedAsync,
        OriginalIsStopped);

    private static Command CreateReplace() => Sub(
        "replace",
        "Puts an empty database in the place of a server that is lost, while the silos run. Its replicas are lost with it: `oraft member repair` "
        + "replaces them as members afterwards.",
        ReplaceAsync,
        Server);

    /// <summary>A command that works on all servers of a cluster.</summary>
    private static Command Sub(string name, string description, Func<PostgresWork, Task<ExitCode>> run, Option own)
    {
        var command = new Command(name, description) { own, PostgresSettings.Servers.Option, PostgresSettings.File.Option };
        command.SetAction(async (parsed, cancellation) =>
        {
            var servers = PostgresSettings.Read(parsed, SiloHost.CreateBuilder([]).Configuration);
            RequireNamed(servers);
            return (int)await ExplainedAsync(() => run(new PostgresWork(parsed, servers, cancellation)));
        });
        return command;
    }

    private static Task<ExitCode> AdoptAsync(PostgresWork work) => AcceptAsync(
        work,
        AcceptDataLoss,
        PostgreSqlAdoption.FindAsync,
        Describe,
        "Make sure that the original never comes back, since silos that reached it would be a second cluster, stop all silos, and run the command "
        + "again with --accept-data-loss.",
        PostgreSqlAdoption.AdoptAsync,
        static copy => copy.Servers == 1
            ? $"adopted {copy.Name}: start the silos"
            : $"adopted {copy.Name}: start the silos, and replace its replicas with `oraft member replace`");

    private static Task<ExitCode> AcceptUpgradedAsync(PostgresWork work) => AcceptAsync(
        work,
        OriginalIsStopped,
        PostgreSqlAdoption.FindUpgradedAsync,
        static server => $"PostgreSQL at {server.Name} has another system identifier than server {server.Number} of cluster '{server.ClusterId}' had"
            + (server.Servers == 1 ? "" : ", and has seen every lease that the other servers know of"),
        "If it was shut down cleanly before it was upgraded or moved, and the former one will never start again, run the command again with "
        + "--original-is-stopped; for a dump or a backup see `oraft postgres adopt`.",
        PostgreSqlAdoption.AcceptUpgradedAsync,
        static server => $"accepted {server.Name}: silos use it{(server.Number == 0 ? " when they are started again" : "")}");

    /// <summary>Says which servers are not those that the logs were written to, and accepts them where that is confirmed.</summary>
    private static async Task<ExitCode> AcceptAsync(
        PostgresWork work,
        Option<bool> confirmation,
        Func<IReadOnlyList<string>, CancellationToken, Task<IReadOnlyList<ServerCopy>>> find,
        Func<ServerCopy, string> describe,
        string remedy,
        Func<IReadOnlyList<string>, ServerCopy, CancellationToken, Task> accept,
        Func<ServerCopy, string> done)
    {
        var found = await find(work.Servers, work.Cancellation);
        if (found.Count == 0)
        {
            await work.Output.WriteLineAsync("every server is the one that the logs were written to; nothing to accept");
            return ExitCode.Ok;
        }

        foreach (var server in found)
        {
            await work.Output.WriteLineAsync(describe(server));
        }

        if (!work.Parsed.GetValue(confirmation))
        {
            throw new CliException(ExitCode.Refused, "nothing was changed.", remedy);
        }

        foreach (var server in found)
        {
            await accept(work.Servers, server, work.Cancellation);
            await work.Output.WriteLineAsync(done(server));
        }

        return ExitCode.Ok;
    }

    private static async Task<ExitCode> ReplaceAsync(PostgresWork work)
    {
        var number = work.Parsed.GetValue(Server);
        await PostgreSqlAdoption.ReplaceAsync(work.Servers, number, work.Cancellation);
        await work.Output.WriteLineAsync(
            $"{PostgreSqlSchema.Describe(work.Servers[number])} is server {number} now, and empty: `oraft member repair` replaces the replicas that "
            + "it lost");
        return ExitCode.Ok;
    }

    private static string Describe(ServerCopy copy) => copy.Servers == 1
        ? $"PostgreSQL at {copy.Name} holds a copy of the logs of cluster '{copy.ClusterId}': all of its groups would go on from it, and what was "
            + "acknowledged after it was made would be lost"
        : $"PostgreSQL at {copy.Name} holds a copy of the logs of server {copy.Number} of {copy.Servers} of cluster '{copy.ClusterId}': its "
            + "replicas may have forgotten votes, and would stay out of "
            + "their groups until each is replaced as a member";

    /// <summary>What a command works on.</summary>
    private sealed record PostgresWork(ParseResult Parsed, IReadOnlyList<string> Servers, CancellationToken Cancellation)
    {
        public TextWriter Output => Parsed.InvocationConfiguration.Output;
    }
}
