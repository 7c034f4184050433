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
        Description = "Do it: the server was stopped in order before it was upgraded or moved, and what it was before is never started again.",
    };

    private static readonly Option<int> Server = new("--server")
    {
        Description = "Which server was lost, by its number: the first --postgres is server 0.",
        HelpName = "N",
        Required = true,
    };

    /// <summary>Makes the command.</summary>
    public static Command Create() => new("postgres", "Works on the PostgreSQL servers of a cluster.") { CreateAdopt(), CreateUpgraded(), CreateReplace() };

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

    private static Command CreateAdopt()
    {
        var command = new Command(
            "adopt",
            "Accepts a server that was restored from a dump, or promoted from a standby, in the place of one that is lost. Without "
            + "--accept-data-loss it only says what that would mean.")
        {
            AcceptDataLoss, PostgresSettings.Servers.Option, PostgresSettings.File.Option,
        };
        command.SetAction(async (parsed, cancellation) => (int)await AdoptAsync(parsed, cancellation));
        return command;
    }

    private static Command CreateUpgraded()
    {
        var command = new Command(
            "upgraded",
            "Accepts a server that was upgraded to another major version of PostgreSQL, by pg_upgrade, or moved, while it was stopped: its system identifier is "
            + "another one, and nothing is lost. Without --original-is-stopped it only says what it finds.")
        {
            OriginalIsStopped, PostgresSettings.Servers.Option, PostgresSettings.File.Option,
        };
        command.SetAction(async (parsed, cancellation) => (int)await AcceptUpgradedAsync(parsed, cancellation));
        return command;
    }

    private static Command CreateReplace()
    {
        var command = new Command(
            "replace",
            "Puts an empty database in the place of a server that is lost, while the silos run. Its replicas are lost with it: `oraft member repair` replaces "
            + "them as members afterwards.")
        {
            Server, PostgresSettings.Servers.Option, PostgresSettings.File.Option,
        };
        command.SetAction(async (parsed, cancellation) => (int)await ReplaceAsync(parsed, cancellation));
        return command;
    }

    private static async Task<ExitCode> AcceptUpgradedAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var servers = PostgresSettings.Read(parsed, SiloHost.CreateBuilder([]).Configuration);
        RequireNamed(servers);
        return await ExplainedAsync(async () =>
        {
            var upgraded = await PostgreSqlAdoption.FindUpgradedAsync(servers, cancellation);
            if (upgraded.Count == 0)
            {
                await output.WriteLineAsync("every server is the one that the logs were written to; nothing to accept");
                return ExitCode.Ok;
            }

            foreach (var server in upgraded)
            {
                await output.WriteLineAsync(
                    $"PostgreSQL at {server.Name} has another system identifier than server {server.Number} of cluster '{server.ClusterId}' had"
                    + (server.Servers == 1 ? "" : ", and has seen every lease that the other servers know of"));
            }

            if (!parsed.GetValue(OriginalIsStopped))
            {
                throw new CliException(
                    ExitCode.Refused,
                    "nothing was changed.",
                    "If it was stopped in order before it was upgraded or moved, and is never started again as it was before, run the command again with "
                    + "--original-is-stopped; for a dump or a backup see `oraft postgres adopt`.");
            }

            foreach (var server in upgraded)
            {
                await PostgreSqlAdoption.AcceptUpgradedAsync(servers, server, cancellation);
                await output.WriteLineAsync($"accepted {server.Name}: silos use it{(server.Number == 0 ? " when they are started again" : "")}");
            }

            return ExitCode.Ok;
        });
    }

    private static async Task<ExitCode> ReplaceAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var number = parsed.GetValue(Server);
        var servers = PostgresSettings.Read(parsed, SiloHost.CreateBuilder([]).Configuration);
        RequireNamed(servers);
        return await ExplainedAsync(async () =>
        {
            await PostgreSqlAdoption.ReplaceAsync(servers, number, cancellation);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                $"{PostgreSqlSchema.Describe(servers[number])} is server {number} now, and empty: `oraft member repair` replaces the replicas that it lost");
            return ExitCode.Ok;
        });
    }

    private static async Task<ExitCode> AdoptAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.InvocationConfiguration.Output;
        var servers = PostgresSettings.Read(parsed, SiloHost.CreateBuilder([]).Configuration);
        RequireNamed(servers);
        return await ExplainedAsync(async () =>
        {
            var copies = await PostgreSqlAdoption.FindAsync(servers, cancellation);
            foreach (var copy in copies)
            {
                await output.WriteLineAsync(Describe(copy));
            }

            if (copies.Count == 0)
            {
                await output.WriteLineAsync("every server is the one that the logs were written to; nothing to adopt");
                return ExitCode.Ok;
            }

            if (!parsed.GetValue(AcceptDataLoss))
            {
                throw new CliException(
                    ExitCode.Refused,
                    "nothing was changed.",
                    "Make sure that the original never comes back, since silos that reached it would be a second cluster, stop all silos, and run "
                    + "the command again with --accept-data-loss.");
            }

            foreach (var copy in copies)
            {
                await PostgreSqlAdoption.AdoptAsync(servers, copy, cancellation);
                await output.WriteLineAsync(copy.Servers == 1
                    ? $"adopted {copy.Name}: start the silos"
                    : $"adopted {copy.Name}: start the silos, and replace its replicas with `oraft member replace`");
            }

            return ExitCode.Ok;
        });
    }

    private static string Describe(ServerCopy copy) => copy.Servers == 1
        ? $"PostgreSQL at {copy.Name} holds a copy of the logs of cluster '{copy.ClusterId}': all of its groups would go on from it, and what was "
            + "acknowledged after it was made would be lost"
        : $"PostgreSQL at {copy.Name} holds a copy of the logs of server {copy.Number} of {copy.Servers} of cluster '{copy.ClusterId}': its "
            + "replicas may have forgotten votes, and would stay out of "
            + "their groups until each is replaced as a member";
}
